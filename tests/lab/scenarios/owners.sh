# machine: base
# guests: vm1 vm2
# weight: 45
# timeout: 500
#
# A device has one owner: two guests, two xvtd at once, and xl's own lists after each.
. /lab/dom0/lib.sh

bdf=0000:02:00.0
exits 0 "vm1 gets the device" xvtd assign vm1 2:0.0 7
exits 3 "xvtd refuses the device to vm2" xvtd assign vm2 2:0.0 7
like "$err" "belongs to 'vm1'" "the message names vm1"
like "$err" "hint: .*xvtd detach vm1 $bdf" "the hint names the detach"
exits 0 "xl pci-assignable-list" xl pci-assignable-list
unlike "$out" "02:00.0" "xl does not list the device as assignable"
exits 3 "assignable remove refuses the device" xvtd assignable remove 2:0.0

# What xl does to its own records.
run xl pci-attach vm2 02:00.0
isnt "$rc" 0 "xl refuses vm2 as well"
exits 0 "assignable list" xvtd assignable list
unlike "$out" "02:00.0" "xvtd does not list the device as assignable"
exits 3 "xvtd still refuses the device to vm2" xvtd assign vm2 2:0.0 7
exits 0 "detach from vm1" xvtd detach vm1 2:0.0 --return
is "$(driver $bdf)" e1000e "e1000e has it"

# Two at once for one device.
xvtd assign vm1 2:0.0 7 >/run/lab/one 2>&1 &
one=$!
xvtd assign vm2 2:0.0 7 >/run/lab/two 2>&1 &
two=$!
wait $one; rc1=$?
wait $two; rc2=$?
is "$(printf '%s\n' $rc1 $rc2 | sort | tr '\n' ' ')" "0 3 " "of two assigns at once for one device one wins"
[ $rc1 = 0 ] && winner=vm1 || winner=vm2
exits 0 "pci-list of the winner" xvtd pci-list $winner
like "$out" "0x07 +0x0000 +0x02" "the winner has the device at slot 7"
exits 0 "detach --return" xvtd detach $winner 2:0.0 --return

# Two at once for one guest.
xvtd assign vm1 1:0.0 >/run/lab/one 2>&1 &
one=$!
xvtd assign vm1 2:0.0 >/run/lab/two 2>&1 &
two=$!
wait $one; rc1=$?
wait $two; rc2=$?
is "$rc1 $rc2" "0 0" "two assigns at once for one guest both work"
is "$(xvtd --json pci-list vm1 | jq -r '[.devices[].vslot] | unique | length')" 2 "the devices have different slots"
exits 0 "detach --return" xvtd detach vm1 1:0.0 2:0.0 --return
done_testing
