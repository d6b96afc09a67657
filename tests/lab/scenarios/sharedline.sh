# machine: base
# guests: vm1
# release: trixie
# weight: 150
# timeout: 1500
#
# Devices on one interrupt line are attached and detached three times. With xl 4.20 the second round fails; with
# xvtd none does. Only a restart of the guest repairs what xl has broken, and assign says so.
. /lab/dom0/lib.sh

line=$(</sys/bus/pci/devices/0000:02:00.0/irq)
four=''
for bdf in 0000:01:00.0 0000:02:00.0 0000:07:00.0 0000:0a:00.0; do
	is "$(</sys/bus/pci/devices/$bdf/irq)" "$line" "$bdf has interrupt line $line"
	four+=" $bdf"
done

# all_seen COUNT: the guest has COUNT of the four, by their ids.
all_seen() {
	console_scan vm1
	[ "$(grep -oE '=(8086:10d3|1b36:0010):' <<<"$console_view" | wc -l)" = "$1" ]
}

exits 0 "four are made assignable" xvtd assignable add $four
for round in 1 2 3; do
	exits 0 "round $round: xvtd attaches four" xvtd assign vm1 $four
	ok "the guest sees four" await 120 all_seen 4
	exits 0 "round $round: xvtd detaches four" xvtd detach vm1 $four
	ok "the guest sees none" await 60 all_seen 0
done

# xl does not wait for the guest. Stop at its first failure.
xl_failed=''
for round in 1 2 3; do
	for bdf in $four; do
		run xl pci-attach vm1 "$bdf"
		[ "$rc" = 0 ] || { xl_failed="round $round, $bdf"; break 2; }
	done
	await 60 all_seen 4 || diag "round $round: the guest does not see four"
	for bdf in $four; do
		run xl pci-detach vm1 "$bdf"
		[ "$rc" = 0 ] || show_run
	done
done
isnt "$xl_failed" "" "xl fails"
diag "$xl_failed"
show_run
diag "$(xl pci-list vm1)"
diag "$(xl debug-keys i; xl dmesg | grep -E 'IRQ: *'"$line"' ')"

# First detach what xl has left in the guest, as a person would.
exits 0 "xvtd detaches what is left" xvtd detach vm1 $four
exits 1 "xvtd cannot attach all four" xvtd assign vm1 $four
like "$err" 'xc_physdev_map_pirq irq='"$line"'.*hint: .*restart the guest' "the message names the line and what helps"
guest_destroy vm1
ok "the guest starts anew" guest_up vm1
exits 0 "xvtd attaches all four" xvtd assign vm1 $four
ok "the new guest sees four" await 120 all_seen 4
exits 0 "xvtd detaches all four" xvtd detach vm1 $four
exits 0 "assignable remove" xvtd assignable remove $four
done_testing
