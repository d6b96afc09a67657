# shellcheck shell=bash
# Two machines on one wire: addresses, an sshd in each, and keys made for this boot.
#
#   pair_join 1|2       this end: 10.77.0.NUMBER, "host1" or "host2"
#   peer COMMAND...     on the other one, by ssh
#   peer_put FILE       there with mode 0600, from standard input
#   pair_dev            the interface

pair_net=10.77.0
pair_port=9
pair_dir=/run/lab/pair

# pair_join NUMBER: join the wire. host2 joins before it reports that it is up, then waits for host1.
pair_join() {
	local me=$1 other=$((3 - $1)) dev
	mkdir -p -m 700 $pair_dir /root/.ssh /run/sshd
	modprobe virtio_net
	for dev in /sys/bus/pci/devices/0000:00:09.0/virtio*/net/*; do pair_dev=${dev##*/}; done
	ip addr add "$pair_net.$me/24" dev "$pair_dev"
	ip link set "$pair_dev" mtu 60000 up # a packet costs as much as its bytes, under emulation
	printf '%s host%s\n' "$pair_net.1" 1 "$pair_net.2" 2 >>/etc/hosts
	tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
	pair_ssh_setup
	if [ "$me" = 2 ]; then
		pair_answer $other </dev/null >$pair_dir/log 2>&1 &
	else
		socat -t 30 - "TCP:$pair_net.2:$pair_port,retry=100,interval=0.3" <$pair_dir/mine >$pair_dir/other
		pair_trust $other
	fi
}

# Cheap keys and methods: under emulation ssh's own choice takes seconds to connect.
# ssh notices a dead connection within half a minute.
pair_ssh_setup() {
	ssh-keygen -q -t ecdsa -N '' -f $pair_dir/host
	ssh-keygen -q -t ecdsa -N '' -f /root/.ssh/id_ecdsa
	cat $pair_dir/host.pub /root/.ssh/id_ecdsa.pub >$pair_dir/mine
	printf '%s\n' 'KexAlgorithms ecdh-sha2-nistp256' 'IdentityFile ~/.ssh/id_ecdsa' \
		'ServerAliveInterval 3' 'ServerAliveCountMax 10' >/root/.ssh/config
	/usr/sbin/sshd -h $pair_dir/host -o UsePAM=no -o ClientAliveInterval=3 \
		-o ClientAliveCountMax=10 -E $pair_dir/sshd.log
}

# pair_answer OTHER: exchange keys with the first machine that connects.
pair_answer() {
	socat -t 30 "TCP-LISTEN:$pair_port,bind=$pair_net.2,reuseaddr" \
		SYSTEM:"cat >$pair_dir/other.new; mv $pair_dir/other.new $pair_dir/other; cat $pair_dir/mine"
	pair_trust "$1"
}

# pair_trust OTHER
pair_trust() {
	{
		IFS= read -r line && echo "host$1,$pair_net.$1 $line" >>/root/.ssh/known_hosts
		IFS= read -r line && echo "$line" >>/root/.ssh/authorized_keys
	} <$pair_dir/other
}

# peer COMMAND...: run a shell command on the other machine, without standard input. All commands
# share the first one's connection.
peer() {
	pair_ssh "$@" </dev/null
}

pair_ssh() {
	ssh -o ControlMaster=auto -o ControlPath=$pair_dir/control -o ControlPersist=600 host2 "$*"
}

peer_put() {
	pair_ssh "umask 077; mkdir -p ${1%/*}; cat >$1"
}
