# shellcheck shell=bash
# The main job, shown to a person: every command with its real output, then
# checks of that output. Lines with "| " are for the reader.
. /lab/dom0/lib.sh

say() {
	printf '%s\n' "$*" | sed 's/^/| /'
}

# shown COMMAND...: as typed in dom0; leaves $out, $err and $rc like run.
shown() {
	say
	say "dom0# $*"
	run "$@"
	[ -z "$out" ] || say "$out"
	[ -z "$err" ] || say "$err"
	[ "$rc" = 0 ] || say "(exit code $rc)"
}

# guest_says WHEN [GUEST]: the guest's own view of its PCI bus.
guest_says() {
	local slot what vendor device class driver
	say
	say "${2-vm1}'s own view, $1:"
	while read -r slot what; do
		IFS=: read -r vendor device class driver <<<"$what"
		say "    00:$slot  class ${class:0:4}  $vendor:$device  driver ${driver/#-/none}"
	done < <(guest_view "${2-vm1}")
}

disk=0000:00:03.0

shown xvtd list
list_rc=$rc list_out=$out
shown xvtd check vm1 0:2:0.0
check_rc=$rc check_out=$out
guest_says "before"
before=0
guest_sees_not vm1 07 || before=1

shown xvtd assign vm1 0:2:0.0 7
assign_rc=$rc
shown xvtd pci-list vm1
pci_list=$out
after=0
wait_guest_sees vm1 07 8086:10d3:020000:e1000e >/dev/null || after=1
guest_says "after"

shown xvtd detach vm1 0:2:0.0 --return
detach_rc=$rc
gone=0
wait_guest_gone vm1 07 >/dev/null || gone=1
guest_says "after the detach"

say
say "From one guest to another, both running:"
xvtd assign vm1 0:2:0.0 7 >/dev/null 2>&1
wait_guest_sees vm1 07 8086:10d3:020000:e1000e >/dev/null
shown xvtd switch 0:2:0.0 vm1 vm2 8
switch_rc=$rc
switched=0
wait_guest_sees vm2 08 8086:10d3:020000:e1000e >/dev/null || switched=1
guest_says "afterwards" vm2
shown xvtd detach vm2 0:2:0.0 --return

say
say "And 0:3.0 holds dom0's own root file system:"
shown xvtd assign vm1 0:3.0
refusal_rc=$rc refusal=$err
say

is "$list_rc" 0 "xvtd list works"
like "$list_out" '0000:02:00\.0' "and shows 0000:02:00.0"
is "$check_rc" 0 "xvtd check says that it can work"
unlike "$check_out" "warn|fail" "and has nothing to find fault with"
result $before "the guest had nothing in slot 07 before"
is "$assign_rc" 0 "xvtd assign vm1 0:2:0.0 7 exits 0"
like "$pci_list" '0x07 +0x0000 +0x02 +0x00 +0x0' "pci-list shows 02:00.0 in slot 0x07"
result $after "the guest saw 8086:10d3 in slot 07 and drove it with e1000e"
is "$detach_rc" 0 "xvtd detach exits 0"
result $gone "the device was gone from the guest"
is "$(driver 02:00.0)" "$(native_driver 02:00.0)" "and is back with its native driver in dom0"
is "$switch_rc" 0 "xvtd switch exits 0"
result $switched "the other guest drove it in slot 08"
is "$refusal_rc" 3 "dom0's root disk is refused (exit code 3)"
like "$refusal" "$disk" "the refusal names the device"
is "$(driver 00:03.0)" virtio-pci "the root disk still has its driver"
ok "dom0 still writes to its root disk" dd if=/dev/zero of=/root/probe bs=4k count=1 oflag=direct status=none
done_testing
