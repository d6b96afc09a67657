# machine: work
# named: yes
# guests: vm1 vm2
# weight: 240
# timeout: 2400
#
# Devices at work in the guest: a network card, before and after a switch and a reboot of the
# guest; NVMe and AHCI; a USB controller; virtual functions of NVMe. No DMA goes astray.
. /lab/dom0/lib.sh
. /lab/dom0/work.sh

work_begin vm1
work_begin vm2

exits 0 "a network card" xvtd assign vm1 2:0.0 7
ok "vm1 drives it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
work_net_ok vm1 07.0 "in vm1"
exits 0 "switch" xvtd switch 2:0.0 vm1 vm2 9
ok "vm2 drives it" wait_guest_sees vm2 09 8086:10d3:020000:e1000e
work_net_ok vm2 09.0 "in vm2"
ok "vm2 reboots" guest_reboot vm2
work_begin vm2
ok "and drives it" wait_guest_sees vm2 09 8086:10d3:020000:e1000e
work_net_ok vm2 09.0 "after the reboot"
exits 0 "back" xvtd detach vm2 2:0.0 --return

work_disk_ok 0a:00.0 vm1 07.0
work_disk_ok 00:14.0 vm1 08.0

exits 0 "a USB controller" xvtd assign vm1 0:7.0 9 --allow=in-use
ok "vm1 drives it" wait_guest_sees vm1 09 1b36:000d
usb() {
	guest_run vm1 'cat /sys/bus/usb/devices/*/product; ls /sys/block' >/run/lab/usb
	grep -q 'USB Keyboard' /run/lab/usb && grep -q '^sd' /run/lab/usb
}
ok "and has its keyboard and its disk" await 60 usb || diag "$(</run/lab/usb)"
exits 0 "the disk can be read" guest_run vm1 'head -c 1048576 /dev/sda | wc -c'
is "${out%$'\r'}" 1048576 "1 MiB"
exits 0 "back" xvtd detach vm1 0:7.0 --return

is "$(work_faults)" "" "Xen has stopped no DMA"
done_testing
