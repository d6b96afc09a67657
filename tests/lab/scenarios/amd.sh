# machine: amd
# named: yes
# guests: vm1
# weight: 90
# timeout: 900
#
# AMD-Vi: check and groups, a device that works in the guest, and the refusal of half a
# conventional group.
. /lab/dom0/lib.sh
. /lab/dom0/work.sh

like "$(xl dmesg)" 'AMD-Vi: IOMMU . Enabled|I/O virtualisation enabled' "Xen has AMD-Vi on"
ok "the firmware's table is IVRS" test -e /sys/firmware/acpi/tables/IVRS
exits 0 "check" xvtd --json check
diag "$(xvtd check)"
like "$(jq -r '.checks[] | select(.name == "firmware") | .status + " " + .message' <<<"$out")" \
	"^ok AMD-Vi in the firmware" "names AMD-Vi"
exits 0 "groups" xvtd --json groups
is "$(jq -c '[.groups[].devices | select(index("0000:04:01.0"))][0]' <<<"$out")" \
	'["0000:03:00.0","0000:04:01.0","0000:04:02.0"]' "conventional PCI stays together"
exits 3 "half of it is refused" xvtd assign vm1 4:1.0
exits 0 "a device" xvtd assign vm1 0:10.0 7
ok "vm1 drives it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
work_begin vm1
work_net_ok vm1 07.0 "it works"
is "$(work_faults)" "" "Xen has stopped no DMA"
exits 0 "and back" xvtd detach vm1 0:10.0 --return
ok "vm1 has lost it" wait_guest_gone vm1 07
is "$(driver 00:10.0)" e1000e "e1000e has it"
done_testing
