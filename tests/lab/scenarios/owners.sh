# machine: base
# guests: vm1 vm2
# weight: 45
# timeout: 500
#
# A device has one owner: two guests, two xvtd at once, and xl's own lists after each.
. /lab/dom0/lib.sh

bdf=0000:02:00.0
exits 0 "vm1 gets the device" xvtd assign vm1 2:0.0 7
exits 3 "vm2 does not" xvtd assign vm2 2:0.0 7
like "$err" "belongs to 'vm1'" "with who has it"
like "$err" "hint: .*xvtd detach vm1 $bdf" "and what to do"
exits 0 "xl does not list it as assignable" xl pci-assignable-list
unlike "$out" "02:00.0" "after the refusal"
exits 3 "nor can dom0 have it" xvtd assignable remove 2:0.0

# What xl does to its own records.
run xl pci-attach vm2 02:00.0
isnt "$rc" 0 "xl refuses vm2 as well"
exits 0 "xvtd's list of assignable devices" xvtd assignable list
unlike "$out" "02:00.0" "knows the owner all the same"
exits 3 "and vm2 still does not get it" xvtd assign vm2 2:0.0 7
exits 0 "vm1 lets go" xvtd detach vm1 2:0.0 --return
is "$(driver $bdf)" e1000e "e1000e has it"

# Two at once for one device.
xvtd assign vm1 2:0.0 7 >/run/lab/one 2>&1 &
one=$!
xvtd assign vm2 2:0.0 7 >/run/lab/two 2>&1 &
two=$!
wait $one; rc1=$?
wait $two; rc2=$?
is "$(printf '%s\n' $rc1 $rc2 | sort | tr '\n' ' ')" "0 3 " "of two at once for one device one wins"
[ $rc1 = 0 ] && winner=vm1 || winner=vm2
exits 0 "the winner has it" xvtd pci-list $winner
like "$out" "0x07 +0x0000 +0x02" "at slot 7"
exits 0 "back" xvtd detach $winner 2:0.0 --return

# Two at once for one guest.
xvtd assign vm1 1:0.0 >/run/lab/one 2>&1 &
one=$!
xvtd assign vm1 2:0.0 >/run/lab/two 2>&1 &
two=$!
wait $one; rc1=$?
wait $two; rc2=$?
is "$rc1 $rc2" "0 0" "two at once for one guest both work"
is "$(xvtd --json pci-list vm1 | jq -r '[.devices[].vslot] | unique | length')" 2 "at two slots"
exits 0 "back" xvtd detach vm1 1:0.0 2:0.0 --return
done_testing
