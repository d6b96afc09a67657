# machine: base
# guests: vm1
# weight: 70
# timeout: 400
#
# 09:00.*, two functions in one host slot: together where QEMU can, apart where it cannot.
. /lab/dom0/lib.sh

before=$(host_drivers)
exits 6 "together at slot 8, in a guest whose QEMU cannot" xvtd assign vm1 '09:00.*' 8
like "$err" 'hint: .*device_model_args = \[ "-global", "xen-pci-passthrough.multifunction=on" \]' \
	"with the cfg line that helps"
is "$(host_drivers)" "$before" "nothing was touched"
exits 0 "without a slot each gets its own" xvtd --json assign vm1 '9:0.*'
is "$(jq -r '[.results[].vfunc] | @csv' <<<"$out")" 0,0 "as function 0"
slots=$(jq -r '.results[] | .vslot[2:]' <<<"$out")
for slot in $slots; do
	ok "the guest drives the one in slot $slot" wait_guest_sees vm1 "$slot" 8086:10d3:020000:e1000e
done
exits 0 "back" xvtd detach vm1 '9:0.*' --return
is "$(host_drivers)" "$before" "all is as it was"

guest_create vm3 'device_model_args = [ "-global", "xen-pci-passthrough.multifunction=on" ]'
ok "a guest whose QEMU can" guest_wait vm3
exits 0 "together at slot 8" xvtd assign vm3 9:0.1 8 --with-functions
like "$out" "0000:09:00.1: attached to vm3 at 0x08.1" "function 1 at 08.1"
like "$out" "0000:09:00.0: attached to vm3 at 0x08$" "function 0 at 08.0"
ok "the guest drives function 0" wait_guest_sees vm3 08.0 8086:10d3:020000:e1000e
ok "and function 1" wait_guest_sees vm3 08.1 8086:10d3:020000:e1000e
exits 0 "again is success" xvtd assign vm3 '09:00.*' 8
exits 0 "pci-list" xvtd pci-list vm3
like "$out" "VFn" "has a column for the guest's function"
exits 0 "all out" xvtd eject vm3
exits 0 "and in again" xvtd restore vm3
ok "the guest drives function 0" wait_guest_sees vm3 08.0 8086:10d3:020000:e1000e
ok "and function 1" wait_guest_sees vm3 08.1 8086:10d3:020000:e1000e
exits 3 "one of them alone cannot be detached" xvtd detach vm3 9:0.1
like "$err" "releases a slot as a whole" "with the reason"
exits 0 "both can" xvtd detach vm3 '9:0.*' --return
ok "the guest has lost them" wait_guest_gone vm3 08.0
is "$(host_drivers)" "$before" "all is as it was"
guest_destroy vm3
done_testing
