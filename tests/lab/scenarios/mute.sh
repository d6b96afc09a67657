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
exits 5 "detach reports that a paused guest keeps its device" xvtd detach vm1 2:0.0 --return --timeout=3
like "$err" "has not acknowledged the removal; the request is still pending" "the message says that the request is pending"
like "$err" "hint: 'vm1' is paused: run .xl unpause vm1." "the hint names xl unpause"
is "$(driver $bdf)" pciback "the device was not returned"
exits 0 "pci-list" xvtd pci-list vm1
like "$out" "0x07" "pci-list still shows the device"
exits 5 "detach again reports the same" xvtd --json detach vm1 2:0.0 --timeout=2
is "$(jq -r '"\(.results[0].status) \(.error.code)"' <<<"$out")" "pending 5" "the document has a result and an error"
exits 3 "xvtd refuses the device to vm2" xvtd assign vm2 2:0.0
xl unpause vm1
ok "the unpaused guest lets go late" wait_guest_gone vm1 07
exits 0 "the same detach ends cleanly" xvtd detach vm1 2:0.0 --return
is "$(driver $bdf)" e1000e "e1000e has the device again"
is "$(xenstore-read /libxl/pci/0000-02-00-0/domid 2>/dev/null)" "" "no record is left"

# By force.
exits 0 "attach again" xvtd assign vm1 2:0.0 7
ok "the guest drives it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
xl pause vm1
exits 5 "detach --force reports that QEMU keeps the device" xvtd detach vm1 2:0.0 --return --timeout=2 --force
like "$err" "its device model still has it" "the message says that QEMU still has it"
is "$(driver $bdf)" pciback "the device was not returned"
exits 3 "xvtd still refuses the device to vm2" xvtd assign vm2 2:0.0
like "$err" "the device model of 'vm1' still has it" "the message names the guest whose QEMU has it"
exits 3 "xvtd refuses to return the device" xvtd assignable remove 2:0.0
exits 5 "detach still reports that" xvtd detach vm1 2:0.0 --timeout=2
xl unpause vm1
ok "the unpaused guest lets go" wait_guest_gone vm1 07
exits 0 "the same detach ends cleanly" xvtd detach vm1 2:0.0 --return
is "$(driver $bdf)" e1000e "e1000e has the device again"

# Ctrl-C while waiting.
exits 0 "attach again" xvtd assign vm1 2:0.0 7
ok "the guest drives it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
xl pause vm1
run timeout -s INT 4 xvtd detach vm1 2:0.0
is "$(xvtd pci-list vm1 | grep -c 0x07)" 1 "after Ctrl-C the guest still has the device"
like "$err" "has not acknowledged" "the message says that the guest has not answered"
xl unpause vm1
ok "the unpaused guest lets go" wait_guest_gone vm1 07
exits 0 "the detach after Ctrl-C ends cleanly" xvtd detach vm1 2:0.0 --return
done_testing
