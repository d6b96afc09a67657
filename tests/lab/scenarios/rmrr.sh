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

exits 0 "assign: the guest has no memory in that region" xvtd assign vm1 1:0.0 7
ok "vm1 drives the device" wait_guest_sees vm1 07 $nic
exits 0 "detach --return" xvtd detach vm1 1:0.0 --return

exits 0 "check: the guest has memory in that region" xvtd --json check vm1 2:0.0
like "$(jq -r '.checks[] | select(.name == "rmrr") | .status + " " + .message + " " + .remedy' <<<"$out")" \
	"^warn .*command line reserved memory at 0xf0000 .*--rdm-policy=relaxed" "check warns and names the option"
exits 1 "Xen refuses the device" xvtd assign vm1 2:0.0 7
like "$err" "reserved memory" "the message names the reserved memory"
is "$(driver 02:00.0)" e1000e "its driver has it back"
exits 0 "assign --rdm-policy=relaxed" xvtd assign vm1 2:0.0 7 --rdm-policy=relaxed
ok "vm1 drives it" wait_guest_sees vm1 07 $nic
exits 0 "detach --return" xvtd detach vm1 2:0.0 --return

exits 1 "check fails for one of two that share a region" xvtd --json check vm1 7:0.0
like "$(jq -r '.checks[] | select(.name == "rmrr") | .status' <<<"$out")" fail "the finding is an error"
exits 3 "xvtd refuses the device" xvtd assign vm1 7:0.0
like "$err" "0xb0000, reserved by Xen's command line \(RMRR\), with 1 other device" "the message names the memory"
is "$(driver 07:00.0)" e1000e "its driver still has it"
xl pci-assignable-add 07:00.0
run xl pci-attach vm1 07:00.0
isnt "$rc" 0 "xl's attach fails"
diag "$err"
# QEMU had the device before Xen refused it, and libxl leaves it there.
exits 3 "xvtd refuses what vm1's device model still has" xvtd assignable remove 7:0.0
exits 0 "detach takes it from the device model" xvtd detach vm1 7:0.0
exits 0 "assignable remove" xvtd assignable remove 7:0.0
exits 0 "assign with rdm_policy=relaxed" xvtd assign vm1 07:00.0@8,rdm_policy=relaxed
ok "vm1 drives it" wait_guest_sees vm1 08 $nic
exits 0 "detach --return" xvtd detach vm1 7:0.0 --return
done_testing
