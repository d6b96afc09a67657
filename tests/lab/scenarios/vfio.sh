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

# viable GROUP: would VFIO hand it out?  (VFIO_GROUP_GET_STATUS, VFIO_GROUP_FLAGS_VIABLE)
viable() {
	perl -e 'open F, "+<", "/dev/vfio/$ARGV[0]" or die $!; $s = pack "LL", 8, 0;
		ioctl F, 0x3b67, $s or die $!; print unpack("x4L", $s) & 1' "$1" 2>&1
}

group=$(group_of 02:00.0)
ok "the kernel has an IOMMU group for the NIC" test -n "$group"
exits 0 "bind, with a user" pciback-bind --driver=vfio-pci --owner=nobody 2:0.0
like "$out" "$bdf: with driver vfio-pci, /dev/vfio/$group" "says where"
is "$(driver $bdf)" vfio-pci "vfio-pci, a module, was loaded and has it"
is "$(stat -c '%U %F' "/dev/vfio/$group")" "nobody character special file" "the group's file is there and the user's"
ok "who can open it" setpriv --reuid=nobody --clear-groups bash -c "exec 9<>/dev/vfio/$group"
is "$(viable "$group")" 1 "VFIO would hand it out"
is "$(net_of $bdf)" "" "its interface is gone"
is "$(</run/xvtd/driver_path-$bdf)" /sys/bus/pci/drivers/e1000e "who gets it back is on record"
exits 0 "once more" pciback-bind --driver=vfio-pci 2:0.0
like "$out" "already with driver vfio-pci" "is already so"
exec 9<>"/dev/vfio/$group"
exits 3 "not while a program has it open" pciback-unbind 2:0.0
like "$err" "a program has its VFIO group open, /dev/vfio/$group" "which is said"
exits 3 "for nobody" pciback-bind --driver=pci-stub 2:0.0
exec 9>&-
exits 0 "and back" pciback-unbind 2:0.0
is "$out" "$bdf: returned to driver e1000e" "to its driver"
ok "the interface is there again" test -n "$(net_of $bdf)"
ok "it comes up" ip link set "$(net_of $bdf)" up
ip link set "$(net_of $bdf)" down
ok "the group's file is gone" test ! -e "/dev/vfio/$group"
ok "so is the record" test ! -e "/run/xvtd/driver_path-$bdf"

exits 0 "to pci-stub" pciback-bind --driver=pci-stub 2:0.0
is "$(driver $bdf)" pci-stub "it has it"
exits 0 "from there to vfio-pci" pciback-bind --driver=vfio-pci 2:0.0
exits 0 "and back" pciback-unbind 2:0.0
is "$(driver $bdf)" e1000e "to the driver that it came from"

exits 3 "one of two in a group is refused" pciback-bind --driver=vfio-pci 9:0.0
like "$err" "0000:09:00.0: vfio-pci needs its whole group, but 0000:09:00.1 is with driver e1000e" "with the other"
like "$err" "hint: --with-group takes the whole group" "and the way"
is "$(host_drivers)" "$before" "nothing was touched"
group=$(group_of 09:00.0)
exits 0 "who insists" pciback-bind --driver=vfio-pci 9:0.0 --allow=split-group
like "$err" ": no program can open /dev/vfio/$group while driver e1000e has 0000:09:00.1" "is warned"
is "$(viable "$group")" 0 "and so it is"
exits 0 "the group whole" pciback-bind --driver=vfio-pci 9:0.0 --with-group
is "$(viable "$group")" 1 "can be had"
exits 0 "and given back whole" pciback-unbind 9:0.1 --with-group
exits 0 "two behind a PCIe-to-PCI bridge" pciback-bind --driver=vfio-pci 4:1.0 --with-group
is "$(driver 04:02.0)" vfio-pci "go together"
is "$(viable "$(group_of 04:01.0)")" 1 "without their bridge"
exits 0 "and come back together" pciback-unbind 4:1.0 4:2.0
is "$(host_drivers)" "$before" "all is as it was"
is "$(ip -o link | wc -l)" "$links" "every interface too"
is "$(host_overrides)" "" "and no override is left"

exits 3 "the root disk" pciback-bind --driver=vfio-pci 0:3.0
like "$err" "dom0 uses it: vda" "is refused"
exits 6 "pciback without Xen" pciback-bind --driver=pciback 2:0.0
like "$err" "xen-pciback" "cannot be had"
is "$(host_drivers)" "$before" "and nothing was touched"
done_testing
