# machine: base
# guests: vm1
# core: yes
# weight: 25
# timeout: 300
#
# The main job: assign, pci-list and detach at slot 7, with the guest's own view.
. /lab/dom0/lib.sh

bdf=0000:02:00.0

ok "the guest has nothing in slot 07" guest_sees_not vm1 07
exits 0 "assign at slot 7" xvtd assign vm1 0:2:0.0 7
is "$out" "$bdf: attached to vm1 at 0x07" "the output names the slot"
unlike "$err" "libxl|hint|warning" "stderr has no warning or hint"
ok "the guest drives it in slot 07" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
is "$(driver $bdf)" pciback "pciback has the device in dom0"

exits 0 "pci-list" xvtd pci-list vm1
is "$(sed -n 1p <<<"$out" | tr -s ' ')" "VSlt domain bus slot func" "the header is that of xm"
is "$(sed -n 2p <<<"$out" | tr -s ' ')" "0x07 0x0000 0x02 0x00 0x0" "the row is that of xm"
is "$(wc -l <<<"$out")" 2 "pci-list prints nothing more"

exits 0 "assign again is success" xvtd assign vm1 0:2:0.0 7
like "$out" "already attached to vm1 at 0x07" "the output says that it is attached already"
exits 0 "assign again without a slot is success" xvtd assign vm1 2:0.0
exits 3 "xvtd refuses another slot" xvtd assign vm1 2:0.0 8
like "$err" "has it already, at slot 0x07" "the message names the slot"

exits 0 "detach" xvtd detach vm1 $bdf
is "$out" "$bdf: detached from vm1" "the output names device and guest"
ok "the guest has lost it" wait_guest_gone vm1 07
exits 0 "detach again is success" xvtd detach vm1 $bdf
like "$out" "already not attached to vm1" "the output says that it is detached already"
exits 0 "assignable list" xvtd assignable list
like "$out" "$bdf" "the device is still assignable"

exits 0 "assignable remove" xvtd assignable remove $bdf
is "$out" "$bdf: returned to driver e1000e" "the output names the driver"
is "$(driver $bdf)" e1000e "e1000e has it"
exits 0 "assignable remove again is success" xvtd assignable remove $bdf
like "$out" "already out of pciback" "the output says that it is already out of pciback"

exits 0 "assign without a slot" xvtd assign vm1 02:00.0
slot=$(sed -n 's/.* at 0x//p' <<<"$out")
ok "the guest drives it in slot $slot" wait_guest_sees vm1 "$slot" 8086:10d3:020000:e1000e
exits 0 "detach with --return" xvtd detach vm1 02:00.0 --return
is "$(driver $bdf)" e1000e "e1000e has it again"
ok "the guest has lost it again" wait_guest_gone vm1 "$slot"
done_testing
