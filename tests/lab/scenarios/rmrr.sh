# machine: rmrr
# named: yes
# guests: vm1 vm2
# weight: 60
# timeout: 900
#
# Reserved memory (RMRR) that Xen's command line declares: check finds it, strict and relaxed work
# as documented, and devices that share a region stay together.
. /lab/dom0/lib.sh

nic=8086:10d3:020000:e1000e
like "$(xl dmesg)" 'RMRR' "Xen knows of reserved memory"

exits 0 "memory that the guest does not have" xvtd assign vm1 1:0.0 7
ok "vm1 drives the device" wait_guest_sees vm1 07 $nic
exits 0 "and back" xvtd detach vm1 1:0.0 --return

exits 0 "memory where the guest has its own: check" xvtd --json check vm1 2:0.0
like "$(jq -r '.checks[] | select(.name == "rmrr") | .status + " " + .message + " " + .remedy' <<<"$out")" \
	"^warn .*command line reserved memory at 0xf0000 .*--rdm-policy=relaxed" "warns and tells the way"
exits 1 "Xen refuses it" xvtd assign vm1 2:0.0 7
like "$err" "reserved memory" "and why"
is "$(driver 02:00.0)" e1000e "its driver has it back"
exits 0 "relaxed" xvtd assign vm1 2:0.0 7 --rdm-policy=relaxed
ok "vm1 drives it" wait_guest_sees vm1 07 $nic
exits 0 "and back" xvtd detach vm1 2:0.0 --return

exits 1 "two that share memory: check" xvtd --json check vm1 7:0.0
like "$(jq -r '.checks[] | select(.name == "rmrr") | .status' <<<"$out")" fail "finds it"
exits 3 "refused before anything moves" xvtd assign vm1 7:0.0
like "$err" "0xb0000, reserved by Xen's command line \(RMRR\), with 1 other device" "with the memory"
is "$(driver 07:00.0)" e1000e "its driver still has it"
xl pci-assignable-add 07:00.0
run xl pci-attach vm1 07:00.0
isnt "$rc" 0 "xl's attach fails"
diag "$err"
# QEMU had the device before Xen refused it, and libxl leaves it there.
exits 3 "the device model of vm1 still has it" xvtd assignable remove 7:0.0
exits 0 "detach takes it out" xvtd detach vm1 7:0.0
exits 0 "its device goes back" xvtd assignable remove 7:0.0
exits 0 "relaxed" xvtd assign vm1 07:00.0@8,rdm_policy=relaxed
ok "vm1 drives it" wait_guest_sees vm1 08 $nic
exits 0 "and back" xvtd detach vm1 7:0.0 --return
done_testing
