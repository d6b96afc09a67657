# machine: base
# guests: vm1
# core: yes
# weight: 15
# timeout: 300
#
# The lab itself: the real Xen with an IOMMU, an HVM guest, and plain xl that
# hot-attaches a device which the guest then sees and drives.
. /lab/dom0/lib.sh

run xl info
like "$out" 'virt_caps *:.* hvm_directio' "Xen can pass devices through to HVM guests"
like "$(xl dmesg)" 'Interrupt remapping enabled' "interrupt remapping is on"
is "$(driver 02:00.0)" e1000e "02:00.0 begins with its native driver"

ok "the guest has nothing in slot 07" guest_sees_not vm1 07
exits 0 "xl makes 02:00.0 assignable" xl pci-assignable-add 02:00.0
exits 0 "xl attaches it at slot 7" xl pci-attach vm1 02:00.0@7
ok "the guest sees it in slot 07 and drives it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
# A driver has its device some time before there is an interface.
finds_interface() {
	run guest_run vm1 'ls /sys/bus/pci/devices/0000:00:07.0/net'
	[ "$rc $out" = "0 eth0" ]
}
ok "a command in the guest finds the device's interface" await 30 finds_interface

# xl waits for 10 s; a guest on a busy machine can need longer, and then xl has to be forced.
detached() {
	run xl pci-detach vm1 02:00.0
	[ "$rc" = 0 ] && return
	show_run
	[[ $err == *"timed out"* ]] && wait_guest_gone vm1 07 120 && xl pci-detach -f vm1 02:00.0
}
ok "xl detaches it" detached
ok "the guest has lost it" wait_guest_gone vm1 07
exits 0 "xl returns it" xl pci-assignable-remove -r 02:00.0
is "$(driver 02:00.0)" "$(native_driver 02:00.0)" "02:00.0 is back with its native driver"
done_testing
