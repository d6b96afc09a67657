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
like "$(<$names)" "uplink0 $bdf 8086:10d3:[0-9a-f]{4}:[0-9a-f]{4} serial ([0-9a-f]{2}-){7}" "kept with its serial number"
is "$(name_in_xl 0000-02-00-0)" uplink0 "and xl has it"
exits 0 "assigned by its name" xvtd assign vm1 uplink0 7
like "$out" "$bdf: attached to vm1 at 0x07" "the right device"
exits 0 "xl lists" xl pci-assignable-list -n
exits 0 "detached by its name" xvtd detach vm1 uplink0
exits 0 "xl attaches it by that name" xl pci-attach vm1 name=uplink0
exits 0 "and xvtd sees it" xvtd pci-list vm1
like "$out" "0x0000 0x02 0x00 0x0" "in the guest"
exits 0 "given back by its name" xvtd detach vm1 uplink0 --return
is "$(driver $bdf)" e1000e "to its driver"

xl pci-assignable-add 02:00.0 2>/dev/null
is "$(name_in_xl 0000-02-00-0)" "" "xl forgets a name when it is not told it again"
exits 0 "xvtd does not" xvtd assignable add uplink0
is "$(name_in_xl 0000-02-00-0)" uplink0 "and tells xl"
exits 0 "back" xvtd assignable remove uplink0

# As after a change of the hardware: the file has an address with another device.
sed -i 's/^uplink0 0000:02:00.0/uplink0 0000:01:00.0/' $names
exits 0 "renumbered, it is found" pciback-bind --driver=pci-stub uplink0
like "$err" "uplink0 was 0000:01:00.0 when it was named, and is now $bdf" "and said to be elsewhere"
is "$(driver $bdf) $(driver 01:00.0)" "pci-stub e1000e" "nothing else was taken"
exits 0 "given back" pciback-unbind uplink0
exits 0 "for the boot, too" pciback-hide uplink0
is "$out" "xen-pciback.hide=($bdf)" "the address where it is"
sed -i 's/^uplink0 \(.*\) serial .*/uplink0 \1 serial 00-00-00-00-00-00-00-01/' $names
exits 4 "a card that is no longer there" xvtd assign vm1 uplink0
like "$err" "this device, once at 0000:01:00.0, is not in this machine" "is not replaced by one like it"

# Virtual functions have no identity except their address.
nvme=/sys/bus/pci/devices/0000:0a:00.0
echo 0 >$nvme/sriov_drivers_autoprobe
echo 2 >$nvme/sriov_numvfs
exits 0 "a virtual function gets a name" xvtd name a:0.1 disk1
like "$err" "machine: [0-9]+ more" "with a warning"
exits 0 "it is attached by it" xvtd assign vm1 disk1
like "$out" "0000:0a:00.1: attached" "at its place"
# The kernel makes and removes no virtual functions while pciback has one.
exits 0 "and taken out" xvtd detach vm1 disk1 --return
echo 0 >$nvme/sriov_numvfs
echo 4 >$nvme/sriov_numvfs
is "$(<$nvme/sriov_numvfs)" 4 "there are four of them now"
exits 3 "with other functions like it" xvtd assign vm1 disk1
like "$err" "cannot tell which one is meant" "it is not guessed"
echo 0 >$nvme/sriov_numvfs
echo 2 >$nvme/sriov_numvfs
exits 0 "made again as they were" xvtd --dry-run assign vm1 disk1
exits 0 "the list" xvtd name
diag "$out"
exits 0 "names go" xvtd name --remove disk1
exits 0 "all" xvtd name --remove uplink0
is "$(grep -v '^#' $names)" "" "nothing is left"
echo 0 >$nvme/sriov_numvfs
echo 1 >$nvme/sriov_drivers_autoprobe
done_testing
