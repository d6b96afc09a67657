# machine: base
# guests: vm1 vm2
# weight: 80
# timeout: 400
#
# A guest that does not release its device: xvtd reports no success.
. /lab/dom0/lib.sh

bdf=0000:02:00.0
exits 0 "attach" xvtd assign vm1 2:0.0 7
ok "the guest drives it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e

xl pause vm1
exits 5 "a paused guest does not let go" xvtd detach vm1 2:0.0 --return --timeout=3
like "$err" "has not acknowledged the removal; the request is still pending" "it says what is left"
like "$err" "hint: 'vm1' is paused: run .xl unpause vm1." "and what can be done"
is "$(driver $bdf)" pciback "it was not returned"
exits 0 "it is still listed" xvtd pci-list vm1
like "$out" "0x07" "in the guest"
exits 5 "again is the same" xvtd --json detach vm1 2:0.0 --timeout=2
is "$(jq -r '"\(.results[0].status) \(.error.code)"' <<<"$out")" "pending 5" "in JSON with results and error"
exits 3 "vm2 does not get it" xvtd assign vm2 2:0.0
xl unpause vm1
ok "unpaused, the guest lets go late" wait_guest_gone vm1 07
exits 0 "the same detach ends cleanly" xvtd detach vm1 2:0.0 --return
is "$(driver $bdf)" e1000e "it is returned"
is "$(xenstore-read /libxl/pci/0000-02-00-0/domid 2>/dev/null)" "" "no record is left"

# By force.
exits 0 "attach again" xvtd assign vm1 2:0.0 7
ok "the guest drives it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
xl pause vm1
exits 5 "by force it is taken, and QEMU still has it" xvtd detach vm1 2:0.0 --return --timeout=2 --force
like "$err" "its device model still has it" "it says so"
is "$(driver $bdf)" pciback "it was not returned"
exits 3 "no other guest gets it" xvtd assign vm2 2:0.0
like "$err" "the device model of 'vm1' still has it" "with the reason"
exits 3 "nor does dom0" xvtd assignable remove 2:0.0
exits 5 "and a detach still says so" xvtd detach vm1 2:0.0 --timeout=2
xl unpause vm1
ok "unpaused, the guest lets go" wait_guest_gone vm1 07
exits 0 "the same detach ends cleanly" xvtd detach vm1 2:0.0 --return
is "$(driver $bdf)" e1000e "it is returned"

# Ctrl-C while waiting.
exits 0 "attach again" xvtd assign vm1 2:0.0 7
ok "the guest drives it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
xl pause vm1
run timeout -s INT 4 xvtd detach vm1 2:0.0
is "$(xvtd pci-list vm1 | grep -c 0x07)" 1 "interrupted, it is where it was"
like "$err" "has not acknowledged" "it says that the request is pending"
xl unpause vm1
ok "unpaused, the guest lets go" wait_guest_gone vm1 07
exits 0 "and it ends cleanly" xvtd detach vm1 2:0.0 --return
done_testing
