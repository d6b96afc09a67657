# shellcheck shell=bash disable=SC2034
# A scenario that runs on this machine, for `# controller: yes`: the controller of a fleet is not
# part of the fleet. It reaches each of the two machines by ssh, through a port of this machine.
#
# Both boot with dom0/controlled.sh instead of dom0/pair.sh; when one of them reboots, QEMU
# continues, and the machine keeps its disk.

# The mark of such a machine's command line.
control_word=lab.controlled

# is_controlled KEY
is_controlled() {
	[[ " $1 " == *" $control_word "* ]]
}

# control_need NAME...: install what such scenarios need here; sets with_controller.
control_need() {
	local name
	for name in "$@"; do
		[ -z "$(declared "$name" controller '')" ] || with_controller=1
	done
	[ -z "${with_controller-}" ] || "$top/.ci/install-deps" controller >&2 ||
		unavailable "ansible-core is missing and cannot be installed"
}

# control_keys STAGE: make one key for the controller and for the machines among themselves, and
# one for the machines' sshd.
control_keys() {
	local name
	rm -rf "$work/keys"
	mkdir -m 700 "$work/keys"
	for name in user host; do ssh-keygen -q -t ecdsa -N '' -C "$name" -f "$work/keys/$name"; done
	cp -r "$work/keys" "$1/lab/"
}

# control_wire NUMBER: add its way to this machine to boot_wire; sets control_port[NUMBER].
control_wire() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
		(: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	control_port[$1]=$port
	boot_wire+=(-netdev "user,id=control,restrict=on,hostfwd=tcp:127.0.0.1:$port-:22"
		-device "virtio-net-pci,netdev=control,mac=52:54:00:00:02:0$1,addr=0a" -action reboot=reset)
}
control_port=()

# control_run NAME SECONDS: run it here; prints its TAP, with one more "not ok" when it did not end
# as it should.
control_run() {
	local name=$1 rc why='' out=$boot_dir/run
	mkdir -p "$out"
	LAB_KEYS=$work/keys LAB_PORTS="${control_port[*]}" LAB_RUN=$out LAB_TOP=$top \
		timeout --kill-after=5 "$2" bash "$lab/scenarios/$name.sh" </dev/null 2>"$out/stderr" |
		tee "$out/tap"
	rc=${PIPESTATUS[0]}
	[ "$rc" = 0 ] || why="exit code $rc: $(tail -n 1 "$out/stderr")"
	[ "$rc" != 124 ] || why="time limit of $2 s"
	[ -n "$why" ] || grep -q '^1\.\.' "$out/tap" || why="it has no plan"
	[ -z "$why" ] || echo "not ok 0 - $name runs to its end: $why"
}
