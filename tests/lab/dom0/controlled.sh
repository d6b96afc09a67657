# shellcheck shell=bash
# A machine that a controller outside of the lab administers (lib/control.sh): a wire to the other
# one, a way to the controller, an sshd, and no xvtd yet. It reboots, so /run keeps nothing.

# controlled_net SLOT ADDRESS
controlled_net() {
	local dev
	for dev in /sys/bus/pci/devices/0000:00:"$1".0/virtio*/net/*; do dev=${dev##*/}; done
	ip addr add "$2/24" dev "$dev"
	ip link set "$dev" up
}

# controlled_join NUMBER
controlled_join() {
	local keys=/lab/keys
	modprobe virtio_net
	controlled_net 09 "10.77.0.$1"
	controlled_net 0a 10.0.2.15
	mkdir -p /root/.ssh /run/sshd
	chmod 700 /root/.ssh
	# Each boot unpacks the payload again, with the modes that its builder had.
	chmod 600 $keys/user $keys/host
	cp $keys/user.pub /root/.ssh/authorized_keys
	printf '%s\n' "IdentityFile $keys/user" 'KexAlgorithms ecdh-sha2-nistp256' >/root/.ssh/config
	sed 's/^/host1,host2,10.77.0.1,10.77.0.2 /' $keys/host.pub >/root/.ssh/known_hosts
	if ! [ -e /lab/joined ]; then
		printf '10.77.0.%s host%s\n' 1 1 2 2 >>/etc/hosts
		controlled_shutdown >/usr/local/sbin/shutdown
		chmod +x /usr/local/sbin/shutdown
		# Remove the xvtd that the lab installs: here only packages may install it.
		tar -tf /dev/vdb | sed -n 's,^\./\(usr/.*[^/]\)$,/\1,p' | xargs rm -f
		controlled_archive
		touch /lab/joined
	fi
	/usr/sbin/sshd -h $keys/host -o UsePAM=no -E /run/lab/sshd.log
}

# controlled_archive: let apt know the packages, as after an update.
controlled_archive() {
	echo 'deb [trusted=yes] file:/lab/packages ./' >/etc/apt/sources.list.d/lab.list
	cp /lab/packages/Packages /var/lib/apt/lists/_lab_packages_._Packages
	echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/lab
}

# The lab's init does not obey shutdown.
controlled_shutdown() {
	cat <<-'END'
		#!/bin/bash
		# Ignore the terminal's end until setsid has left the terminal's session.
		trap '' HUP
		setsid bash -c 'read -rt 1 <>/run/lab/never
			sync
			echo u >/proc/sysrq-trigger
			until grep -q "^[^ ]* / [^ ]* ro" /proc/mounts; do read -rt 0.1 <>/run/lab/never; done
			echo b >/proc/sysrq-trigger' >/dev/null 2>&1 </dev/null &
	END
}
