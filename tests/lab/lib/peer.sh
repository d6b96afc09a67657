# shellcheck shell=bash disable=SC2034
# A second machine beside the one that runs the scenario, for `# peer: MACHINE`.
#
# Both boot at once, joined by a wire (a virtio network card each, at 00:09.0). The second one
# is passive: dom0/pair.sh gives it an address and an sshd, and the scenario controls it by
# ssh. Its logs are in a folder beside the first one's, with ".peer" at the end.

# peer_word MACHINE: the mark of the command line of a machine that has a peer.
peer_word() {
	echo "lab.peer=$1"
}

# peer_of KEY: the peer's machine, or nothing.
peer_of() {
	case " $1 " in
	*" lab.peer="*)
		set -- "${1##*lab.peer=}"
		echo "${1%% *}"
		;;
	esac
}

# peer_wire server|client FILE: set boot_wire, more of QEMU's command line.
peer_wire() {
	local on=off mac=52:54:00:00:01:02
	[ "$1" = client ] || on=on mac=52:54:00:00:01:01
	boot_wire=(-netdev "stream,id=wire,server=$on,addr.type=unix,addr.path=$2"
		-device "virtio-net-pci,netdev=wire,mac=$mac,host_mtu=60000,addr=9")
}

# peer_start IMAGE DIR MACHINE [WORD]: start it; then the other machine can use the wire.
peer_start() {
	local boot_dir boot_pid boot_in boot_out boot_began boot_disk='' boot_wire
	local boot_place=$((boot_place + 1))
	# A socket's path has at most 107 bytes, so do not put it into the build folder.
	peer_dir=$2.peer
	peer_socket=$(mktemp -d)/socket
	peer_wire server "$peer_socket"
	[ -z "${4-}" ] || control_wire 2
	boot_start "$1" "$peer_dir" "$3" "lab.host=2${4:+ $4}"
	peer_pid=$boot_pid peer_in=$boot_in peer_out=$boot_out
	until [ -S "$peer_socket" ] || ! boot_alive; do
		read -r -t 0.1 -u "$boot_in" _ || :
	done
}

# peer_do COMMAND...: call one of boot.sh's functions for the peer.
peer_do() {
	local boot_dir=$peer_dir boot_pid=$peer_pid boot_in=$peer_in boot_out=$peer_out
	"$@"
}

# peer_collect NAME: make its logs come out.
peer_collect() {
	peer_do boot_order "collect $1"
	while peer_do boot_read 60 && [ "$boot_line" != "done collect" ]; do :; done
}

# peer_stop [now]
peer_stop() {
	[ -n "${peer_pid-}" ] || return 0
	peer_do boot_stop "${1-}"
	rm -rf "${peer_socket%/*}"
	peer_pid=''
}
