# machine: base
# guests: vm1
# weight: 35
# timeout: 300
#
# A name means one device in every program and in xl, wherever the device is.
. /lab/dom0/lib.sh

bdf=0000:02:00.0
names=/etc/xvtd/names
name_in_xl() {
	xenstore-read "/libxl/pci/$1/name" 2>/dev/null
}

exits 0 "a NIC gets a name" xvtd name 2:0.0 uplink0
like "$(<$names)" "uplink0 $bdf 8086:10d3:[0-9a-f]{4}:[0-9a-f]{4} serial ([0-9a-f]{2}-){7}" "the file has the name and the serial number"
is "$(name_in_xl 0000-02-00-0)" uplink0 "xl has the name"
exits 0 "assign by name" xvtd assign vm1 uplink0 7
like "$out" "$bdf: attached to vm1 at 0x07" "the output names the right device"
exits 0 "xl pci-assignable-list -n" xl pci-assignable-list -n
exits 0 "detach by name" xvtd detach vm1 uplink0
exits 0 "xl attaches it by that name" xl pci-attach vm1 name=uplink0
exits 0 "pci-list" xvtd pci-list vm1
like "$out" "0x0000 0x02 0x00 0x0" "xvtd sees the device in the guest"
exits 0 "detach --return by name" xvtd detach vm1 uplink0 --return
is "$(driver $bdf)" e1000e "e1000e has the device again"

xl pci-assignable-add 02:00.0 2>/dev/null
is "$(name_in_xl 0000-02-00-0)" "" "xl forgets a name that it is not given again"
exits 0 "assignable add by name" xvtd assignable add uplink0
is "$(name_in_xl 0000-02-00-0)" uplink0 "xvtd gives xl the name"
exits 0 "assignable remove by name" xvtd assignable remove uplink0

# As after a change of the hardware: another device is at the address in the file.
sed -i 's/^uplink0 0000:02:00.0/uplink0 0000:01:00.0/' $names
exits 0 "a renumbered device is found by name" pciback-bind --driver=pci-stub uplink0
like "$err" "uplink0 was 0000:01:00.0 when it was named, and is now $bdf" "the message names both addresses"
is "$(driver $bdf) $(driver 01:00.0)" "pci-stub e1000e" "nothing else was taken"
exits 0 "pciback-unbind by name" pciback-unbind uplink0
exits 0 "pciback-hide by name" pciback-hide uplink0
is "$out" "xen-pciback.hide=($bdf)" "the parameter has the present address"
sed -i 's/^uplink0 \(.*\) serial .*/uplink0 \1 serial 00-00-00-00-00-00-00-01/' $names
exits 4 "assign fails for a device that is no longer there" xvtd assign vm1 uplink0
like "$err" "this device, once at 0000:01:00.0, is not in this machine" "the message says that it is not in this machine"

# Virtual functions have no identity except their address.
nvme=/sys/bus/pci/devices/0000:0a:00.0
echo 0 >$nvme/sriov_drivers_autoprobe
echo 2 >$nvme/sriov_numvfs
exits 0 "a virtual function gets a name" xvtd name a:0.1 disk1
like "$err" "machine: [0-9]+ more" "a warning counts the others like it"
exits 0 "assign by that name" xvtd assign vm1 disk1
like "$out" "0000:0a:00.1: attached" "the output names the right function"
# The kernel makes and removes no virtual functions while pciback has one.
exits 0 "detach --return by that name" xvtd detach vm1 disk1 --return
echo 0 >$nvme/sriov_numvfs
echo 4 >$nvme/sriov_numvfs
is "$(<$nvme/sriov_numvfs)" 4 "there are four virtual functions now"
exits 3 "xvtd refuses the name beside other functions like it" xvtd assign vm1 disk1
like "$err" "cannot tell which one is meant" "the message says that xvtd cannot tell which"
echo 0 >$nvme/sriov_numvfs
echo 2 >$nvme/sriov_numvfs
exits 0 "the name works for functions made as before" xvtd --dry-run assign vm1 disk1
exits 0 "xvtd name" xvtd name
diag "$out"
exits 0 "name --remove" xvtd name --remove disk1
exits 0 "name --remove of the other name" xvtd name --remove uplink0
is "$(grep -v '^#' $names)" "" "no name is left"
echo 0 >$nvme/sriov_numvfs
echo 1 >$nvme/sriov_drivers_autoprobe
done_testing
