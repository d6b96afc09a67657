# shellcheck shell=bash
# The cost of a command in system calls and in xenstore's round trips. Unlike times, it is the same
# on each machine. Neighbours, too: the cost must not depend on them.

# count_calls COMMAND...: "CALLS TRIPS" of it and its children. It leaves out calls that
# wait, and calls that are repeated between two of these: the loop of a program that waits. A trip
# is a message's header: 16 bytes that begin with its type, below 32, as four bytes.
count_calls() {
	local trace=/run/lab/calls.trace
	strace -f -qq -s 8 -e signal=none -o $trace "$@" >/run/lab/calls.out 2>&1 </dev/null || return 1
	awk '
		/resumed>/ || !/\(/ { next }
		{
			pid = $1
			name = $2
			sub(/\(.*/, "", name)
		}
		name ~ /^(p?poll|p?select6?|epoll_p?wait2?|futex|(clock_)?nanosleep|wait4|waitid|restart_syscall)$/ {
			turn(pid)
			next
		}
		{
			seq[pid] = seq[pid] " " name
			calls[pid]++
			trips[pid] += /(write\([0-9]+, |iov_base=)"\\[0-7tnvfr]+\\0\\0\\0/
		}
		function turn(pid) {
			if (!((pid, seq[pid]) in seen)) {
				all += calls[pid]
				all_trips += trips[pid]
			}
			seen[pid, seq[pid]] = 1
			seq[pid] = ""
			calls[pid] = trips[pid] = 0
		}
		END {
			for (pid in seq)
				turn(pid)
			print all + 0, all_trips + 0
		}' $trace
}

# neighbours_begin NUMBER: create NUMBER PV guests of one page of code that never runs, each with an
# entry in xenstore for a device that the host does not have. Sets neighbours.
neighbours_begin() {
	local i id entry entries=()
	neighbours=()
	python3 - <<-'END'
		import struct
		base = 0xffffffff80000000
		def note(kind, value):
		    return struct.pack("<III4s", 4, len(value), kind, b"Xen\0") + value + b"\0" * (-len(value) % 4)
		def number(n):
		    return struct.pack("<Q", n)
		# XEN_ELFNOTE_*: GUEST_OS, XEN_VERSION, LOADER, VIRT_BASE, PADDR_OFFSET, ENTRY
		notes = (note(6, b"linux\0") + note(5, b"xen-3.0\0") + note(8, b"generic\0") +
		         note(3, number(base)) + note(4, number(0)) + note(1, number(base + 0x1000)))
		head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 62, 1, base + 0x1000, 64, 0, 0, 64, 56, 2,
		                   64, 0, 0)
		load = struct.pack("<IIQQQQQQ", 1, 7, 0x1000, base + 0x1000, 0x1000, 0x1000, 0x1000, 0x1000)
		info = struct.pack("<IIQQQQQQ", 4, 4, 0x200, 0, 0x200, len(notes), len(notes), 4)
		image = (head + load + info).ljust(0x200, b"\0") + notes
		open("/run/lab/neighbour.elf", "wb").write(image.ljust(0x2000, b"\0"))
	END
	for ((i = 1; i <= $1; i++)); do
		printf '%s\n' "name = 'neighbour$i'" 'type = "pv"' 'kernel = "/run/lab/neighbour.elf"' \
			'memory = 4' >/run/lab/neighbour.cfg
		xl create -p /run/lab/neighbour.cfg >/run/lab/neighbour.log 2>&1 || return 1
		id=$(guest_id "neighbour$i") || return 1
		neighbours+=("$id")
		entry=/local/domain/0/backend/pci/$id/0
		entries+=("$entry/num_devs" 1 "$entry/dev-0" "$(printf '0000:40:%02x.0' "$i")" "$entry/vdevfn-0" 0
			"$entry/opts-0" "msitranslate=0,power_mgmt=0,permissive=0,rdm_policy=strict")
	done
	xenstore-write "${entries[@]}"
}

neighbours_end() {
	local id
	xenstore-rm "${neighbours[@]/#//local/domain/0/backend/pci/}"
	for id in "${neighbours[@]}"; do xl destroy "$id" & done
	wait
}
