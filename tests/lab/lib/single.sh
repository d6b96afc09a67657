# shellcheck shell=bash
# One boot for one script that a person reads along with: demo and bench.
# Lines of the script with "| " are shown as they are, its TAP lines counted.

# single SCRIPT SECONDS GUEST...: boot the base machine, with $single_peer beside it (peer.sh),
# run the script (of tests/lab/dom0 or tests/lab/benches), stop; sets single_passed and
# single_failed; returns 1 when the script did not reach its end.
single() {
	local script=$1 limit=$2 image
	shift 2
	image=$("$lab/image")
	work=$XVTD_BUILD/$script
	rm -rf "$work"
	mkdir -p "$work"
	payload "$image"

	say "boot    QEMU (software emulation), then the real Xen, then dom0"
	boot_wire=()
	if [ -n "${single_peer-}" ]; then
		peer_start "$image" "$work/boot" "$single_peer"
		peer_wire client "$peer_socket"
	fi
	boot_start "$image" "$work/boot" base "${single_dom0-}"
	trap 'kill -KILL $boot_pid ${peer_pid-} 2>/dev/null; exit 130' INT TERM
	if ! boot_ready 240 || { [ -n "${single_peer-}" ] && ! peer_do boot_ready 240; }; then
		say "dom0 did not come up: $(boot_why); log: $boot_dir/console"
		boot_stop now
		[ -z "${single_peer-}" ] || peer_stop now
		return 1
	fi
	say "boot    dom0 is up after $((EPOCHSECONDS - boot_began)) s; Xen can: $boot_caps"
	if [ -e "$(saved_guest "$image")" ]; then
		say "guest   waking the HVM guest $*"
	else
		say "guest   starting the HVM guest $* for the first time: a minute or two under emulation"
	fi

	boot_order "run $script $limit $*"
	single_passed=0 single_failed=0
	while boot_read $((limit + 400)); do
		case $boot_line in
		"tap $script |") echo ;;
		"tap $script | "*) echo "  ${boot_line#tap "$script" | }" ;;
		"tap $script ok "*)
			single_passed=$((single_passed + 1))
			echo "ok      ${boot_line#tap "$script" ok * - }"
			;;
		"tap $script not ok "*)
			single_failed=$((single_failed + 1))
			echo "NOT OK  ${boot_line#tap "$script" not ok * - }"
			;;
		"tap $script # "*) echo "        ${boot_line#tap "$script" # }" ;;
		'note '*) say "${boot_line#note }" ;;
		'saved '*) boot_keep_saved "${boot_line#saved }" ;;
		"done $script "*)
			boot_stop now
			[ -z "${single_peer-}" ] || peer_stop now
			return 0
			;;
		esac
	done
	say "$(boot_why); log: $boot_dir/console"
	boot_stop now
	[ -z "${single_peer-}" ] || peer_stop now
	return 1
}
