# machine: base
# guests: vm1
# weight: 150
# timeout: 900
#
# A guest is destroyed at ten moments of an attach and a detach: xvtd ends with a message, `recover`
# clears the leftovers, the device is assignable as before, and `watch` has reported it.
. /lab/dom0/lib.sh

nic=0000:02:00.0
nap # makes a pipe without a writer

# pause MS: with no process.
pause() {
	read -rt "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))" <>/run/lab/never
}

# clean: no entry or record of the device, and no journal, is left.
clean() {
	local left
	left=$(xenstore-ls -f /local/domain/0/backend/pci 2>/dev/null | grep -F "$nic")
	left+=$(xenstore-ls -f /libxl/pci 2>/dev/null | grep -F /domid)
	left+=$(ls -A /var/lib/xvtd/journal)
	[ -z "$left" ] && return
	diag "left: $left"
	return 1
}

# destroyed_at MS COMMAND...: run COMMAND, and destroy its guest MS later; its exit code is in $rc.
destroyed_at() {
	local ms=$1 pid
	shift
	"$@" >/run/lab/gone.out 2>&1 </dev/null &
	pid=$!
	pause "$ms"
	xl destroy vm1 >/dev/null 2>&1
	wait $pid
	rc=$?
	out=$(</run/lab/gone.out) err='' cmd=$*
}

# ended MS NAME: xvtd ended with a known exit code, and recover clears the leftovers.
ended() {
	diag "after $1 ms: exit $rc: ${out##*$'\n'}"
	ok "guest destroyed $1 ms into $2: exit 0, 1, 4, 5 or 6" test "${rc/#[01456]/x}" = x
	await 30 guest_gone vm1
	exits 0 "recover" xvtd recover
	ok "recover leaves nothing behind" clean || show_run
	like "$(driver "$nic")" "^(pciback|e1000e)$" "the device has a driver"
}

# balanced: watch has reported as many detached as attached events, and guest-gone.
balanced() {
	jq -se '[.[].event] | map(select(. == "attached")) as $in | map(select(. == "detached")) as $out |
		($in | length) > 5 and ($in | length) == ($out | length) and index("guest-gone")' \
		$events >/dev/null
}

events=/run/lab/events
xvtd --json watch >$events 2>/run/lab/watch.err &
watch=$!
ok "watch is ready" await 20 grep -q watching /run/lab/watch.err

for ms in 150 400 700 1000 1400; do
	destroyed_at $ms xvtd assign vm1 "$nic" 7
	ended $ms attach
	guest_create vm1
done
guest_wait vm1
exits 0 "the new guest gets the device" xvtd assign vm1 "$nic" 7
ok "the guest drives it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e

for ms in 150 500 900 1400 2000; do
	destroyed_at $ms xvtd detach vm1 "$nic"
	ended $ms detach
	guest_up vm1
	exits 0 "the guest gets the device again" xvtd assign vm1 "$nic" 7
	wait_guest_sees vm1 07 8086:10d3:020000:e1000e >/dev/null
done
exits 0 "check passes" xvtd check vm1
unlike "$out" "leftover|recover" "check finds no leftovers"
exits 0 "detach --return" xvtd detach vm1 "$nic" --return
is "$(driver "$nic")" e1000e "e1000e has it"

ok "watch has reported all of it" await 20 balanced || diag "$(<$events)"
kill $watch
wait $watch

# Leftovers that only a crash makes.
exits 0 "assignable add" xvtd assignable add "$nic"
xenstore-write "/libxl/pci/0000-02-00-0/domid" 99
exits 0 "check" xvtd check
like "$out" "says that it is with domain 99, which no longer exists" "check finds the record of an ended domain"
exits 0 "vm1 gets the device in spite of the record" xvtd assign vm1 "$nic" 7
exits 0 "detach --return" xvtd detach vm1 "$nic" --return
xenstore-write "/libxl/pci/0000-02-00-0/domid" 99
exits 0 "recover" xvtd recover
like "$out" "cleared its leftovers in domain 99" "recover clears the record"
ok "no record is left" clean
done_testing
