# shellcheck shell=bash
# Guests: each has a folder in $LAB_GUESTS with cfg, console (its ttyS0; QEMU
# empties it when the guest reboots) and ctl.in (its ttyS1).

# guest_cfg NAME [LINE...]: print the guest's xl cfg. A LINE "KEY = ..." is
# added and wins; "-KEY" removes that key's line.
guest_cfg() {
	local name=$1 line cfg
	shift
	cfg=$(</lab/dom0/guest.cfg)
	cfg=${cfg//@NAME@/$name}
	cfg=${cfg//@DIR@/$LAB_GUESTS/$name}
	for line in "$@"; do
		case $line in
		-*) cfg=$(grep -v "^${line#-} *=" <<<"$cfg") ;;
		*) cfg+=$'\n'$line ;;
		esac
	done
	printf '%s\n' "$cfg"
}

# A guest that has been saved right after it came up; the third disk. To wake
# that one takes seconds, a real start takes a minute under emulation.
saved_guest=/dev/vdc

# can_wake [LINE...]: succeeds if the saved guest fits a cfg with these changes.
can_wake() {
	local line
	[ -b "$saved_guest" ] || return 1
	for line in "$@"; do
		case $line in
		-passthrough | passthrough* | device_model_args* | pci* | on_* | rdm*) ;;
		*) return 1 ;;
		esac
	done
}

# guest_folder NAME: make its folder and what QEMU opens there.
guest_folder() {
	local dir=$LAB_GUESTS/$1
	mkdir -p "$dir"
	rm -f "$dir"/ctl.* "$dir"/console
	mkfifo "$dir/ctl.in" "$dir/ctl.out"
	: >"$dir/console"
}

# guest_woken NAME: order a restored guest to report its bus again.
guest_woken() {
	guest_send "$1" '0 rm -f /tmp/view; /init view; echo "lab: ready" >/dev/ttyS0'
}

# guest_create NAME [LINE...]: start a guest, do not wait for it (guest_wait
# does). LINEs as in guest_cfg.
guest_create() {
	local dir=$LAB_GUESTS/$1
	guest_folder "$1"
	guest_cfg "$@" >"$dir/cfg"
	if can_wake "${@:2}"; then
		if xl restore "$dir/cfg" "$saved_guest" >"$dir/create.log" 2>&1; then
			guest_woken "$1"
			return
		fi
		xl destroy "$1" >/dev/null 2>&1
	fi
	xl create "$dir/cfg" >"$dir/create.log" 2>&1 && return
	echo "lab: guest $1 cannot be started: $(tail -n 1 "$dir/create.log")" >&2
	return 1
}

# guest_send NAME LINE: send a line to the guest's ttyS1.
guest_send() {
	printf '%s\n' "$2" 1<>"$LAB_GUESTS/$1/ctl.in"
}

# console_scan NAME: read what the guest has printed, without a process (under
# emulation every process in dom0 slows the guests). Sets console_ready,
# console_view (the last whole one) and, for $console_seq, console_out and
# console_rc.
console_scan() {
	local line
	console_ready='' console_view='' console_out='' console_rc=''
	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		'lab: ready') console_ready=1 ;;
		'lab: view '*' .')
			line=${line#lab: view }
			console_view=${line% .}
			;;
		"lab: out ${console_seq-none} "*) console_out+=${line#lab: out "$console_seq" }$'\n' ;;
		"lab: rc ${console_seq-none} "*) console_rc=${line##* } ;;
		esac
	done <"$LAB_GUESTS/$1/console" 2>/dev/null
}

is_ready() {
	console_scan "$1"
	[ -n "$console_ready" ]
}

# guest_wait NAME [SECONDS]: wait until the guest's own init is up.
guest_wait() {
	await "${2:-300}" is_ready "$1" && return
	echo "lab: guest $1 did not come up; its console ends: $(tail -n 1 "$LAB_GUESTS/$1/console")" >&2
	return 1
}

# guest_bus NAME: the devices on its QEMU's PCI bus, with their places.  The limit is for
# a lock that a killed xl has left: xl would wait for it for ever.
guest_bus() {
	timeout 30 xl qemu-monitor-command "$1" "info pci" | grep -E '^ +Bus|PCI device'
}

# guest_up NAME...: start the plain guests that do not run; wait for all.
guest_up() {
	local name rc=0
	for name in "$@"; do
		guest_id "$name" >/dev/null && continue
		guest_create "$name" || rc=1
		[ -s /run/lab/plain.bus ] || guest_bus "$name" >/run/lab/plain.bus
	done
	for name in "$@"; do
		guest_wait "$name" || rc=1
	done
	return $rc
}

# guest_id NAME: its domid, or failure.
guest_id() {
	xl domid "$1" 2>/dev/null
}

# guest_gone NAME: no such domain.
guest_gone() {
	! xl domid "$1" >/dev/null 2>&1
}

# guest_destroy NAME...
guest_destroy() {
	local name
	for name in "$@"; do
		xl destroy "$name" >/dev/null 2>&1
		await 30 guest_gone "$name" || echo "lab: guest $name cannot be destroyed" >&2
	done
}

has_answered() {
	console_scan "$1"
	[ -n "$console_rc" ]
}

# guest_run NAME COMMAND...: run a shell command inside the guest; prints its
# output and returns its exit code, 124 when the guest does not answer in 30 s
# (or in $guest_limit seconds).
guest_run() {
	local name=$1 console_seq=$RANDOM$RANDOM
	shift
	guest_send "$name" "$console_seq $*"
	await "${guest_limit:-30}" has_answered "$name" || return 124
	printf '%s' "$console_out"
	return "$console_rc"
}

# guest_reboot NAME: the guest restarts by itself; waits until it is up again.
guest_reboot() {
	local old
	old=$(guest_id "$1") || return 1
	# The old QEMU continues to write to the renamed file; the new one opens the new file.
	mv "$LAB_GUESTS/$1/console" "$LAB_GUESTS/$1/console.$old"
	: >"$LAB_GUESTS/$1/console"
	guest_send "$1" '0 reboot -f'
	await 180 guest_renewed "$1" "$old" || return 1
	guest_wait "$1"
}

guest_renewed() {
	local id
	id=$(guest_id "$1") && [ "$id" != "$2" ]
}

# guest_view NAME: the guest's own PCI bus as it last reported it, one function
# a line: "SLOT.F VENDOR:DEVICE:CLASS:DRIVER".
guest_view() {
	local entry
	console_scan "$1"
	for entry in $console_view; do
		echo "${entry/=/ }"
	done
}

# guest_sees NAME SLOT[.F] [PATTERN]: print what the guest has in that slot
# (VENDOR:DEVICE:CLASS:DRIVER), failure when nothing, or not like PATTERN (a
# shell pattern for its beginning, like 8086:10d3).
guest_sees() {
	local slot=$2 entry
	case $slot in *.*) ;; *) slot=$slot.0 ;; esac
	console_scan "$1"
	for entry in $console_view; do
		[ "${entry%%=*}" = "$slot" ] || continue
		echo "${entry#*=}"
		# shellcheck disable=SC2053 # a pattern
		[[ ${entry#*=} == ${3-}* ]]
		return
	done
	return 1
}

guest_sees_not() {
	! guest_sees "$1" "$2" >/dev/null
}

# wait_guest_sees NAME SLOT[.F] [PATTERN [SECONDS]]
wait_guest_sees() {
	await "${4:-30}" guest_sees "$1" "$2" "${3-}" >/dev/null && return
	diag "guest $1 has in slot $2: $(guest_sees "$1" "$2" || echo nothing)"
	return 1
}

# wait_guest_gone NAME SLOT[.F] [SECONDS]
wait_guest_gone() {
	await "${3:-30}" guest_sees_not "$1" "$2" && return
	diag "guest $1 still has in slot $2: $(guest_sees "$1" "$2")"
	return 1
}
