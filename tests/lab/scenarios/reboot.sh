# machine: base
# guests: vm1
# weight: 90
# timeout: 900
#
# A hot-attached device is at its slot again after the guest's reboot. restore attaches one that was
# ejected before the reboot.
. /lab/dom0/lib.sh

exits 0 "attach" xvtd assign vm1 2:0.0 7
ok "the guest drives it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
ok "the guest reboots" guest_reboot vm1
ok "the guest drives it at the same slot" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
exits 0 "pci-list" xvtd pci-list vm1
like "$out" "0x07 +0x0000 +0x02" "the guest has it at slot 7"
# The UUID ties the manifest to the guest, whose domain ID is another after the reboot.
exits 0 "eject" xvtd eject vm1
ok "the guest reboots without it" guest_reboot vm1
exits 0 "restore" xvtd restore vm1
ok "it is at its slot again" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
exits 0 "detach" xvtd detach vm1 2:0.0 --return
ok "the guest has lost it" wait_guest_gone vm1 07
is "$(driver 02:00.0)" e1000e "e1000e has it"
done_testing
