# shellcheck shell=bash
# A worker has one machine at a time and takes scenarios off the queue.

# A second boot for the same kind of machine is worth it for this many seconds of work.
worth_a_boot=40

# tap NAME LINE: show a line of a scenario's TAP and record its result.
tap() {
	local name=$1 line=$2
	case $line in
	'ok '*'# SKIP'*)
		say "skip    $name: $(tap_text "${line/\# SKIP/- skipped:}")"
		echo skip >>"$work/results/$name"
		tap_failed=
		;;
	'ok '*)
		say "ok      $name: $(tap_text "$line")"
		echo ok >>"$work/results/$name"
		tap_failed=
		;;
	'not ok '*)
		say "NOT OK  $name: $(tap_text "$line")"
		echo "not ok $(tap_text "$line")" >>"$work/results/$name"
		tap_failed=1
		;;
	'#'*)
		[ -z "$verbose$tap_failed" ] || say "        $name: ${line#\# }"
		# Often only the end of a long log is kept: record the cause for it, too.
		[ -z "$tap_failed" ] || echo "why ${line:2:200}" >>"$work/results/$name"
		;;
	1..*) ;;
	*) [ -z "$verbose" ] || say "        $name: $line" ;;
	esac
}

tap_text() {
	# shellcheck disable=SC2001
	sed 's/^\(not \)\?ok [0-9]* \(- \)\?//' <<<"$1"
}

# took NAME BEGAN: record how long NAME has taken since BEGAN.
took() {
	echo "$((EPOCHSECONDS - $2)) $1" >>"$work/times"
}

# worker_boot: bring up a machine for $worker_key; a machine that does not come
# up gets a second try.
worker_boot() {
	local try peer controlled=''
	peer=$(peer_of "$worker_key")
	! is_controlled "$worker_key" || controlled=$control_word
	for try in 1 2; do
		boots=$((boots + 1))
		say "boot    $worker_tag: QEMU, Xen and dom0 on machine ${worker_key%% *}${peer:+ and its peer $peer}${boot_disk:+, boot $boot_number}"
		boot_wire=()
		if [ -n "$peer" ]; then
			peer_start "$worker_image" "$work/boot$worker_tag.$boots" "$peer" "$controlled"
			peer_wire client "$peer_socket"
			[ -z "$controlled" ] || control_wire 1
		fi
		boot_start "$worker_image" "$work/boot$worker_tag.$boots" "${worker_key%% *}" \
			"${boot_disk:+lab.boot=$boot_number }$boot_words"
		if boot_ready 400 && { [ -z "$peer" ] || peer_do boot_ready 400; }; then
			say "boot    $worker_tag: dom0 is up after $((EPOCHSECONDS - boot_began)) s; Xen can: $boot_caps"
			took boot "$boot_began"
			booted=1
			return 0
		fi
		say "boot    $worker_tag: dom0 did not come up: $(boot_why); log: $boot_dir/console"
		boot_stop now
		peer_stop now
	done
	return 1
}

# worker_run NAME: run one scenario, in all its boots; 1 when the machine did not survive it.
worker_run() {
	local name=$1
	worker_run_once "$name" || return 1
	while [ "$boot_number" -lt "${boots_of[$name]}" ]; do
		if [ -n "$worker_keep" ]; then
			tap "$name" "not ok 0 - boot $((boot_number + 1)) of $name: not tried after that"
			return 0
		fi
		worker_stop
		mkdir -p "$work/kept"
		kept_next "$work/kept"
		if ! worker_boot; then
			tap "$name" "not ok 0 - boot $boot_number of $name: $(boot_why)"
			return 1
		fi
		worker_run_once "$name" || return 1
	done
}

# worker_run_once NAME: run it in the present boot.
worker_run_once() {
	local name=$1 rc=0 line
	tap_failed=
	if is_controlled "$worker_key"; then
		while read -r line; do
			tap "$name" "$line"
		done < <(control_run "$name" "${limit[$name]}")
		! grep -q '^not ok' "$work/results/$name" || worker_keep=1
		return 0
	fi
	boot_order "run $name ${limit[$name]} ${guests[$name]}"
	# dom0 enforces the scenario's own limit, by its clock, which is slow when this machine is busy;
	# starting guests and repairs need more time.
	local end=$((EPOCHSECONDS + 3 * limit[$name] + 400))
	while :; do
		boot_read $((end > EPOCHSECONDS ? end - EPOCHSECONDS : 1)) || break
		case $boot_line in
		"tap $name "*) tap "$name" "${boot_line#tap "$name" }" ;;
		'note '*) say "        ${boot_line#note }" ;;
		'documents '*) base64 -d <<<"${boot_line#documents }" | gunzip >>"$work/documents" ;;
		'saved '*) boot_keep_saved "${boot_line#saved }" ;;
		"done $name "*)
			[ "${boot_line##* }" = 0 ] || worker_keep=1
			return 0
			;;
		esac
	done || rc=$?
	tap "$name" "not ok 0 - dom0 survives $name: $(boot_why)"
	worker_keep=1
	return 1
}

worker_stop() {
	[ -z "${peer_pid-}" ] || [ -z "$worker_keep" ] || peer_collect peer
	boot_stop "${1-}"
	worker_logs "$boot_dir"
	if [ -n "${peer_pid-}" ]; then
		peer_stop "${1-}"
		worker_logs "$peer_dir"
	fi
	booted=
	worker_keep=
}

# worker_logs DIR: unpack a machine's logs there, or delete them if they are not to be kept.
worker_logs() {
	[ -n "$worker_keep$keep" ] || rm -rf "$1"
	[ ! -s "$1/logs.tar" ] || tar -xif "$1/logs.tar" -C "$1" 2>/dev/null || :
	rm -f "$1"/{logs.tar,ctl.in,ctl.out}
}

# prepare_guest IMAGE: make sure that there is a saved guest for the next boots.
# Without one everything works, but slower.
prepare_guest() {
	[ ! -e "$(saved_guest "$1")" ] || return 0
	worker_tag=0 worker_image=$1 worker_key='base ' boots=0 worker_keep=''
	kept_begin "$worker_key" "$1"
	say "guest   there is no saved guest for this image yet: starting one, a minute or two, once"
	worker_boot || return 0
	boot_order prepare
	while boot_read 400; do
		case $boot_line in
		'note '*) say "        ${boot_line#note }" ;;
		'saved '*) boot_keep_saved "${boot_line#saved }" ;;
		'done '*) break ;;
		esac
	done
	worker_stop now
}

# worker NUMBER IMAGE: run scenarios until none is left for this worker.
worker() {
	worker_tag=$1 worker_image=$2 boots=0 booted='' worker_keep='' boot_pid=''
	boot_place=$((boot_place + worker_tag))
	local i last began
	trap 'kill -KILL $boot_pid ${peer_pid-} 2>/dev/null; [ -z "${peer_socket-}" ] || rm -rf "${peer_socket%/*}"; exit 1' TERM INT
	for ((i = 0; i < ${#keys[@]}; i++)); do
		worker_key=${keys[(i + worker_tag - 1) % ${#keys[@]}]}
		last=''
		while claim "$worker_key" "$last" "$(worker_minimum)"; do
			: >>"$work/taken.${worker_key// /,}.$worker_tag"
			turn_take
			[ -n "$booted" ] || kept_begin "$worker_key" "$worker_image"
			if [ -z "$booted" ] && ! worker_boot; then
				tap "$claimed" "not ok 0 - dom0 comes up for $claimed: $(boot_why)"
				turn_give
				continue
			fi
			last=${guests[$claimed]}
			began=$EPOCHSECONDS
			worker_run "$claimed" || worker_stop now
			took "$claimed" "$began"
			turn_give
		done
		rm -f "$work/taken.${worker_key// /,}.$worker_tag"
		[ -z "$booted" ] || worker_stop
		[ -z "${boot_disk-}" ] || rm -f "$boot_disk"
	done
}

# turn_take: wait until a scenario of $worker_key may run.  Two hosts that talk to each other run
# while no other machine works.  If they share a processor with one, a guest's device model takes
# longer to answer than libxl's limit of 10 s.  While they wait at the gate, no other scenario begins.
turn_take() {
	local gate how=-s
	[ -z "$(peer_of "$worker_key")" ] || how=-x
	exec {gate}>>"$work/gate" {turn}>>"$work/turn"
	flock "$gate"
	flock $how "$turn"
	exec {gate}>&-
}

# turn_give: unlock it. QEMU has inherited the descriptor, so closing it is not enough.
turn_give() {
	flock -u "$turn"
	exec {turn}>&-
}

# worker_minimum: the least work for which this worker continues: any, if it has begun with
# the key; a boot's worth, if another worker has.
worker_minimum() {
	local mine=$work/taken.${worker_key// /,}.$worker_tag file
	for file in "$work/taken.${worker_key// /,}".*; do
		if [ -e "$file" ] && [ ! -e "$mine" ]; then
			echo $worth_a_boot
			return
		fi
	done
	echo 0
}
