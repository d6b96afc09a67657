# shellcheck shell=bash
# Devices at work in a guest: what they move is compared.

# work_in GUEST: what comes on standard input, a shell script, is run in the guest.
work_in() {
	guest_run "$1" "$(grep -v '^#' | sed 's/^\t*//; s/[^;&|{]$/&;/' | tr '\n' ' ')" | tr -d '\r'
}

# work_begin GUEST: load the drivers that only these scenarios need. QEMU's e1000e maps each fragment
# of a packet as one piece of memory, and drops the packet when a fragment crosses into a page that
# is elsewhere in the host (net_tx_pkt_add_raw_fragment() of hw/net/net_tx_pkt.c), as the pages of a
# restored guest are. So each fragment gets a page.
work_begin() {
	guest_limit=120 work_in "$1" <<-'END' | grep -v 'File exists'
		while read -r m; do insmod $m; done </modules/more
		echo 1 >/proc/sys/net/core/high_order_alloc_disable
		printf "%s\n" "#!/bin/sh" "[ \$1 != bound ] || ip addr add \$ip/24 dev \$interface" >/tmp/dhcp
		chmod 755 /tmp/dhcp
	END
}

# work_net GUEST SLOT: the card there gets an address by DHCP; ten times 1 MiB goes out and comes back
# the same.  Prints "10 same", the address, the number of its interrupts and how many seconds it took.
work_net() {
	guest_limit=900 work_in "$1" <<-END | tr '\n' ' '
		dev=\$(ls /sys/bus/pci/devices/0000:00:$2/net)
		ip link set \$dev up
		udhcpc -q -n -t 15 -i \$dev -s /tmp/dhcp >/tmp/dhcp.log 2>&1 || cat /tmp/dhcp.log
		begun=\$(date +%s)
		n=0
		once() { head -c 1048576 /dev/urandom >/tmp/sent; timeout 80 nc 10.0.2.100 7 </tmp/sent >/tmp/back; cmp /tmp/sent /tmp/back; }
		while [ \$n -lt 10 ] && once; do n=\$((n + 1)); done
		echo "\$n same"
		ip addr show dev \$dev | sed -n "s,.*inet \([0-9.]*\)/.*,\1,p"
		awk "/ \$dev/ {n += \\\$2} END {print n + 0}" /proc/interrupts
		echo \$((\$(date +%s) - begun))
		rm -f /tmp/sent /tmp/back
		ip addr flush dev \$dev
		ip link set \$dev down
	END
}

# work_net_ok GUEST SLOT NAME
work_net_ok() {
	local said
	said=$(work_net "$1" "$2")
	like "$said" '^10 same 10\.0\.2\.[0-9]+ [1-9][0-9]* [0-9]+ $' "$3: DHCP, 10 MiB each way, interrupts"
	diag "$said"
}

# work_faults: what Xen has said about DMA that it stopped.
work_faults() {
	xl dmesg | grep -iE 'DMAR:\[|IO_PAGE_FAULT|Request device'
}

# work_disk PATH: a disk here or in a guest, by its place in sysfs.
work_disk() {
	echo "for d in /sys/block/*; do case \$(readlink -f \$d) in *$1*) echo /dev/\${d##*/}; break;; esac; done"
}

# work_pattern FILE: 1 MiB that nobody else has.
work_pattern() {
	head -c 1048576 /dev/urandom >"$1"
}
sum_of() {
	md5sum | cut -d' ' -f1
}

# work_disk_ok BDF GUEST SLOT: the guest reads what dom0 wrote; dom0 reads what the guest wrote.
# shellcheck disable=SC2317 # what await calls
work_disk_ok() {
	local here there out_sum in_sum bdf
	bdf=$(bdf_full "$1")
	disk_here() { here=$(eval "$(work_disk "/$bdf/")"); [ -b "$here" ]; }
	disk_there() { there=$(guest_run "$2" "$(work_disk "/0000:00:$3/")" | tr -d '\r'); [ -n "$there" ]; }
	ok "$bdf: dom0 has its disk" await 30 disk_here
	work_pattern /run/lab/pattern
	out_sum=$(sum_of </run/lab/pattern)
	dd if=/run/lab/pattern of="$here" bs=1M seek=1 conv=fsync 2>/dev/null
	exits 0 "to the guest" xvtd assign "$2" "$bdf" "${3%.*}"
	[ "$rc" = 0 ] || return
	ok "the guest has the disk" await 60 disk_there "$@"
	is "$(guest_run "$2" "dd if=$there bs=1M skip=1 count=1 2>/dev/null | md5sum" | cut -d' ' -f1)" "$out_sum" \
		"it reads what dom0 wrote"
	in_sum=$(guest_limit=60 guest_run "$2" "head -c 1048576 /dev/urandom >/tmp/p; dd if=/tmp/p of=$there bs=1M seek=3 conv=fsync 2>/dev/null; md5sum </tmp/p" | cut -d' ' -f1)
	exits 0 "and back" xvtd detach "$2" "$bdf" --return
	ok "dom0 has its disk again" await 30 disk_here
	is "$(dd if="$here" bs=1M skip=3 count=1 iflag=direct 2>/dev/null | sum_of)" "$in_sum" "and reads what the guest wrote"
}
