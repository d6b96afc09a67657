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
like "$out" "$bdf: attached to vm1 at 0x07" "the right device"
exits 0 "xl detaches it" xl pci-detach vm1 02:00.0
exits 0 "xl still knows the name" xl pci-assignable-list -n
like "$out" "uplink0" "given with -n"
exits 0 "xl gives it back" xl pci-assignable-remove -r 02:00.0
is "$(driver $bdf)" e1000e "to the right driver"

exits 0 "xvtd makes it assignable" xvtd assignable add 2:0.0
is "$(xenstore-read /libxl/pci/0000-02-00-0/driver_path)" /sys/bus/pci/drivers/e1000e "with libxl's record"
exits 0 "xl lists it" xl pci-assignable-list
like "$out" "02:00.0" "as assignable"
exits 0 "xl attaches it" xl pci-attach vm1 02:00.0@8
exits 0 "xvtd finds it there" xvtd assign vm1 2:0.0 8
like "$out" "already attached" "and says already"
exits 0 "xvtd detaches it" xvtd detach vm1 2:0.0
exits 0 "xl gives it back" xl pci-assignable-remove -r 02:00.0
is "$(driver $bdf)" e1000e "to the right driver"

exits 0 "xl makes it assignable" xl pci-assignable-add 02:00.0
exits 0 "xvtd gives it back" xvtd assignable remove 2:0.0
is "$(driver $bdf)" e1000e "to the right driver"
exits 0 "xl lists nothing" xl pci-assignable-list
is "$out" "" "after all that"

exits 0 "xl's words work: pci-assignable-add" xvtd pci-assignable-add 02:00.0
exits 0 "pci-assignable-list" xvtd pci-assignable-list
like "$out" "02:00.0" "has it"
exits 0 "pci-attach" xvtd pci-attach vm1 02:00.0 7
exits 0 "pci-list --xl" xvtd pci-list --xl vm1
is "$out" "$(xl pci-list vm1)" "prints what xl prints"
exits 0 "pci-detach" xvtd pci-detach vm1 02:00.0
exits 0 "pci-assignable-remove without -r" xvtd pci-assignable-remove 02:00.0
is "$(driver $bdf)" "" "rebinds nothing"
exits 0 "with -r it would have" xvtd pci-assignable-add 02:00.0
exits 0 "and does" xvtd pci-assignable-remove -r 02:00.0
is "$(driver $bdf)" e1000e "to the driver on record"
done_testing
