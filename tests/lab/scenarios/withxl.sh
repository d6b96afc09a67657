# machine: base
# guests: vm1
# weight: 50
# timeout: 300
#
# xl and xvtd side by side: they share records, and each continues where the other stopped.
. /lab/dom0/lib.sh

bdf=0000:02:00.0
exits 0 "xl makes it assignable, with a name" xl pci-assignable-add -n uplink0 02:00.0
exits 0 "xvtd attaches it by that name" xvtd assign vm1 uplink0 7
like "$out" "$bdf: attached to vm1 at 0x07" "the output names the right device"
exits 0 "xl detaches it" xl pci-detach vm1 02:00.0
exits 0 "xl pci-assignable-list -n" xl pci-assignable-list -n
like "$out" "uplink0" "xl still lists the name"
exits 0 "xl gives it back" xl pci-assignable-remove -r 02:00.0
is "$(driver $bdf)" e1000e "e1000e has the device again"

exits 0 "xvtd makes it assignable" xvtd assignable add 2:0.0
is "$(xenstore-read /libxl/pci/0000-02-00-0/driver_path)" /sys/bus/pci/drivers/e1000e "libxl's record names e1000e"
exits 0 "xl pci-assignable-list" xl pci-assignable-list
like "$out" "02:00.0" "xl lists the device as assignable"
exits 0 "xl attaches it" xl pci-attach vm1 02:00.0@8
exits 0 "assign of what xl has attached is success" xvtd assign vm1 2:0.0 8
like "$out" "already attached" "the output says that it is attached already"
exits 0 "xvtd detaches it" xvtd detach vm1 2:0.0
exits 0 "xl gives it back" xl pci-assignable-remove -r 02:00.0
is "$(driver $bdf)" e1000e "e1000e has the device again"

exits 0 "xl makes it assignable" xl pci-assignable-add 02:00.0
exits 0 "xvtd gives it back" xvtd assignable remove 2:0.0
is "$(driver $bdf)" e1000e "e1000e has the device again"
exits 0 "xl pci-assignable-list at the end" xl pci-assignable-list
is "$out" "" "xl lists no device"

exits 0 "xl's words work: pci-assignable-add" xvtd pci-assignable-add 02:00.0
exits 0 "pci-assignable-list" xvtd pci-assignable-list
like "$out" "02:00.0" "pci-assignable-list shows the device"
exits 0 "pci-attach" xvtd pci-attach vm1 02:00.0 7
exits 0 "pci-list --xl" xvtd pci-list --xl vm1
is "$out" "$(xl pci-list vm1)" "pci-list --xl prints what xl prints"
exits 0 "pci-detach" xvtd pci-detach vm1 02:00.0
exits 0 "pci-assignable-remove without -r" xvtd pci-assignable-remove 02:00.0
is "$(driver $bdf)" "" "no driver has the device"
exits 0 "pci-assignable-add once more" xvtd pci-assignable-add 02:00.0
exits 0 "pci-assignable-remove -r" xvtd pci-assignable-remove -r 02:00.0
is "$(driver $bdf)" e1000e "the driver on record has the device"
done_testing
