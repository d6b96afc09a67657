# machine: base
# guests: vm1
# weight: 120
# timeout: 600
#
# What a command costs in system calls and round trips to xenstore, and that 16 more guests cost
# little. `tests/lab/bench budget` prints the same.
. /lab/dom0/lib.sh
. /lab/dom0/calls.sh

# At most so many calls and trips: a tenth above what was reached. On Xen 4.20 it has not been counted.
declare -A budget growth
case $(xl info | sed -n 's/^xen_version *: //p') in
4.17*) budget=([plan]=818/9 [assign]=1596/76 [detach]=1565/101 [list]=1071/5 [check]=1388/18) ;;
esac
# At most so many calls more for each guest more: a hypercall tells of all guests, xenstore of one
# name at a time. list and check look at what each of them has.
growth=([plan]=10 [assign]=10 [detach]=10 [list]=54 [check]=70)

# measure WHAT COMMAND...
measure() {
	local what=$1 cost
	shift
	cost=$(count_calls "$@")
	result $? "$*" || diag "$(tail -n 3 /run/lab/calls.out)"
	calls[$with.$what]=${cost% *} trips[$with.$what]=${cost#* }
}

measure_all() {
	with=$1
	measure list xvtd list
	measure check xvtd check vm1
	measure plan xvtd --dry-run assign vm1 02:00.0 7
	measure assign xvtd assign vm1 02:00.0 7
	ok "the guest has it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
	measure detach xvtd detach vm1 02:00.0 --return
	ok "and has it no more" wait_guest_gone vm1 07
}

# libxl leaves an empty record for each device that was assignable before: two trips of check each.
for record in $(xenstore-list /libxl/pci 2>/dev/null); do
	[ -n "$(xenstore-list "/libxl/pci/$record")" ] || xenstore-rm "/libxl/pci/$record"
done
declare -A calls trips
measure_all 1
ok "16 more guests" neighbours_begin 16 || diag "$(tail -n 3 /run/lab/neighbour.log)"
measure_all 17
is "$(xvtd --json list --all | jq '[.devices[] | select(.domain and .state != "gone")] | length')" 0 "none has a device of this host"
neighbours_end

diag "$(printf '%-8s %22s %22s' '' 'calls: 1 guest, 17' 'xenstore: 1 guest, 17')"
for what in plan assign detach list check; do
	one=${calls[1.$what]} more=${calls[17.$what]}
	diag "$(printf '%-8s %15d %6d %15d %6d' $what "$one" "$more" "${trips[1.$what]}" "${trips[17.$what]}")"
	ok "$what: calls and trips are seen" test "$one" -gt 100 -a "${trips[1.$what]}" -gt 0
	ok "$what: at most ${growth[$what]} calls more for each guest" test $((more - one)) -le $((16 * growth[$what]))
	[ -n "${budget[$what]-}" ] || continue
	ok "$what: at most ${budget[$what]%/*} calls" test "$one" -le "${budget[$what]%/*}"
	ok "$what: at most ${budget[$what]#*/} trips" test "${trips[1.$what]}" -le "${budget[$what]#*/}"
done
done_testing
