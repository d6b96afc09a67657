# machine: bare
# weight: 15
# timeout: 200
#
# pciback-bind and pciback-unbind on a host without Xen: VFIO's groups and pci-stub.
. /lab/dom0/lib.sh

bdf=0000:02:00.0
before=$(host_drivers)
links=$(ip -o link | wc -l)

# group_of BDF: its IOMMU group's number.
group_of() {
	local link
	link=$(readlink "/sys/bus/pci/devices/$(bdf_full "$1")/iommu_group")
	echo "${link##*/}"
}

# viable GROUP: does VFIO call the group viable?  (VFIO_GROUP_GET_STATUS, VFIO_GROUP_FLAGS_VIABLE)
viable() {
	perl -e 'open F, "+<", "/dev/vfio/$ARGV[0]" or die $!; $s = pack "LL", 8, 0;
		ioctl F, 0x3b67, $s or die $!; print unpack("x4L", $s) & 1' "$1" 2>&1
}

group=$(group_of 02:00.0)
ok "the kernel has an IOMMU group for the NIC" test -n "$group"
exits 0 "pciback-bind --owner=nobody" pciback-bind --driver=vfio-pci --owner=nobody 2:0.0
like "$out" "$bdf: with driver vfio-pci, /dev/vfio/$group" "the output names the group's file"
is "$(driver $bdf)" vfio-pci "pciback-bind has loaded vfio-pci, which has the device"
is "$(stat -c '%U %F' "/dev/vfio/$group")" "nobody character special file" "the group's file belongs to the user"
ok "the user can open the group's file" setpriv --reuid=nobody --clear-groups bash -c "exec 9<>/dev/vfio/$group"
is "$(viable "$group")" 1 "VFIO calls the group viable"
is "$(net_of $bdf)" "" "dom0 no longer has its interface"
is "$(</run/xvtd/driver_path-$bdf)" /sys/bus/pci/drivers/e1000e "the record has the native driver"
exits 0 "pciback-bind again is success" pciback-bind --driver=vfio-pci 2:0.0
like "$out" "already with driver vfio-pci" "the output says that vfio-pci has it already"
exec 9<>"/dev/vfio/$group"
exits 3 "pciback-unbind refuses a group that is open" pciback-unbind 2:0.0
like "$err" "a program has its VFIO group open, /dev/vfio/$group" "the message names the group's file"
exits 3 "pciback-bind refuses a group that is open" pciback-bind --driver=pci-stub 2:0.0
exec 9>&-
exits 0 "pciback-unbind of a group that is closed" pciback-unbind 2:0.0
is "$out" "$bdf: returned to driver e1000e" "the output names the native driver"
ok "the interface is there again" test -n "$(net_of $bdf)"
ok "the interface comes up" ip link set "$(net_of $bdf)" up
ip link set "$(net_of $bdf)" down
ok "the group's file is deleted" test ! -e "/dev/vfio/$group"
ok "the record is deleted" test ! -e "/run/xvtd/driver_path-$bdf"

exits 0 "pciback-bind to pci-stub" pciback-bind --driver=pci-stub 2:0.0
is "$(driver $bdf)" pci-stub "pci-stub has the device"
exits 0 "pciback-bind from pci-stub to vfio-pci" pciback-bind --driver=vfio-pci 2:0.0
exits 0 "pciback-unbind" pciback-unbind 2:0.0
is "$(driver $bdf)" e1000e "e1000e has the device again"

exits 3 "one of two in a group is refused" pciback-bind --driver=vfio-pci 9:0.0
like "$err" "0000:09:00.0: vfio-pci needs its whole group, but 0000:09:00.1 is with driver e1000e" "the message names the other function"
like "$err" "hint: --with-group takes the whole group" "the hint names --with-group"
is "$(host_drivers)" "$before" "nothing was touched"
group=$(group_of 09:00.0)
exits 0 "pciback-bind --allow=split-group" pciback-bind --driver=vfio-pci 9:0.0 --allow=split-group
like "$err" ": no program can open /dev/vfio/$group while driver e1000e has 0000:09:00.1" "a warning says that no program can open the group"
is "$(viable "$group")" 0 "VFIO calls the group not viable"
exits 0 "pciback-bind --with-group" pciback-bind --driver=vfio-pci 9:0.0 --with-group
is "$(viable "$group")" 1 "VFIO calls the whole group viable"
exits 0 "pciback-unbind --with-group" pciback-unbind 9:0.1 --with-group
exits 0 "pciback-bind of two behind a PCIe-to-PCI bridge" pciback-bind --driver=vfio-pci 4:1.0 --with-group
is "$(driver 04:02.0)" vfio-pci "both devices move together"
is "$(viable "$(group_of 04:01.0)")" 1 "the group is viable without their bridge"
exits 0 "pciback-unbind of both" pciback-unbind 4:1.0 4:2.0
is "$(host_drivers)" "$before" "all is as it was"
is "$(ip -o link | wc -l)" "$links" "every interface is there again"
is "$(host_overrides)" "" "no override is left"

exits 3 "pciback-bind refuses the root disk" pciback-bind --driver=vfio-pci 0:3.0
like "$err" "dom0 uses it: vda" "the message says what uses the disk"
exits 6 "pciback-bind to pciback fails without Xen" pciback-bind --driver=pciback 2:0.0
like "$err" "xen-pciback" "the message names xen-pciback"
is "$(host_drivers)" "$before" "nothing was touched"
done_testing
