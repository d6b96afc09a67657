# shellcheck shell=bash

# lab_port NAME: print the device file of a virtio port of that name.
lab_port() {
	local dir name
	for dir in /sys/class/virtio-ports/*; do
		read -r name <"$dir/name" || continue
		if [ "$name" = "$1" ]; then
			echo "/dev/${dir##*/}"
			return 0
		fi
	done 2>/dev/null
	echo "lab: there is no virtio port '$1'" >&2
	return 1
}
