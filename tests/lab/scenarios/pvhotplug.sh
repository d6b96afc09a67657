# machine: base
# guests:
# weight: 240
# release: bookworm
# core: yes
# timeout: 1200
#
# A guest with PV drivers on Xen 4.17. With plain xl it handles hot-plug events until the first
# device leaves it. With xvtd it continues to handle them, even after xl has taken its ACPI interrupt.
. /lab/dom0/lib.sh

msi=(2:0.0 8:0.0) # their IRQs are 16 and 17: the guest's ACPI interrupt, and its clock
words='quiet mitigations=off tsc=reliable clocksource=tsc hpet=disable'
rounds=6
[ ! -e /lab/soak ] || read -r rounds _ </lab/soak

ok "a guest with PV drivers is created" guest_create pv "extra = \"console=ttyS0 $words\"" "vkb_device = 0"
ok "the guest comes up" guest_wait pv 600
guest_limit=120

is "$(cat /sys/bus/pci/devices/0000:02:00.0/irq)" 16 "a device has the IRQ of the guest's ACPI interrupt"
exits 0 "assign --dry-run" xvtd --json --dry-run assign pv 2:0.0 7
is "$(jq -r '.plan[] | select(.step == "attach").text' <<<"$out" | grep -c "IRQ kept apart")" 1 "the attach step keeps the IRQ apart"
exits 0 "assign --dry-run --irq=plain" xvtd --json --dry-run assign pv 2:0.0 7 --irq=plain
is "$(jq -r '.plan[].text' <<<"$out" | grep -c "IRQ kept apart")" 0 "with --irq=plain no step keeps the IRQ apart"
exits 3 "a device that has INTx only is refused" xvtd --json --dry-run assign pv c:4.0
is "$(jq -r .error.kind <<<"$out")" irq "the kind of the error is irq"

lost=0
for ((round = 1; round <= rounds; round++)); do
	nic=${msi[round % 2]}
	run xvtd assign pv "$nic" 7
	[ "$rc" = 0 ] || { lost=$((lost + 1)); diag "round $round"; show_run; }
	wait_guest_sees pv 07 8086:10d3:020000:e1000e 60 || lost=$((lost + 1))
	[ "$round" != 2 ] ||
		like "$(guest_run pv 'ifconfig eth0 up && udhcpc -n -q -i eth0')" 'lease of 10\.0\.2\.15 obtained' "the device gets an address by DHCP"
	run xvtd detach pv "$nic"
	[ "$rc" = 0 ] || { lost=$((lost + 1)); diag "round $round"; show_run; }
	wait_guest_gone pv 07 60 || lost=$((lost + 1))
done
is "$lost" 0 "$rounds rounds with xvtd, none lost"

exits 0 "assign both devices" xvtd assign pv "${msi[@]}"
exits 0 "detach both devices" xvtd detach pv "${msi[@]}"

# Plain xl takes the guest's ACPI interrupt with the device.
exits 0 "xl: attach" xl pci-attach pv 02:00.0@7
ok "the guest sees it" wait_guest_sees pv 07 8086:10d3 60
exits 0 "xl: detach" xl pci-detach pv 02:00.0
ok "the guest has lost it" wait_guest_gone pv 07 60
exits 0 "xl: attach again" xl pci-attach pv 02:00.0@7
not_ok "the guest does not see it" await 10 guest_sees pv 07 8086:10d3
exits 1 "check fails" xvtd --json check pv
is "$(jq -r '.checks[] | select(.status == "fail").name' <<<"$out")" deaf "the finding is deaf"

# The guest notices xvtd's changes.
exits 0 "xvtd detaches it" xvtd detach pv 2:0.0
like "$out" "has lost its ACPI interrupt" "the output says what the guest has lost"
ok "the guest has lost it" wait_guest_gone pv 07 60
exits 0 "xvtd attaches it" xvtd assign pv 2:0.0 7
ok "the guest sees it" wait_guest_sees pv 07 8086:10d3 60
exits 0 "xvtd detaches it again" xvtd detach pv 2:0.0
ok "the guest has lost it" wait_guest_gone pv 07 60
guest_destroy pv
exits 0 "assignable remove" xvtd assignable remove "${msi[@]}"
done_testing
