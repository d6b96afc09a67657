# machine: base
# named: yes
# guests: vm1 vm2
# weight: 150
# timeout: 1800
#
# Mixed commands on two guests and four devices, with kills, pauses and a neighbour's device model
# that is stopped, in an order that a seed repeats.  After each round the records agree: sysfs,
# xenstore, Xen, QEMU and the journal.  `make soak` does more rounds, with reboots of the guests
# (ROUNDS, SEED).
. /lab/dom0/lib.sh

rounds=10 seed=1
[ ! -e /lab/soak ] || read -r rounds seed </lab/soak
RANDOM=$seed
devs=(01:00.0 02:00.0 07:00.0 08:00.0)
guests=(vm1 vm2)
journals=/var/lib/xvtd/journal
bad=0 did=''

# xen_devices: "BDF dDOMID" for each function, as Xen has them.
xen_devices() {
	xl debug-keys Q
	xl dmesg | awk '/==== PCI devices ====/ { n = 0 } / - d/ { line[n++] = $2 " " $4 }
		END { for (i = 0; i < n; i++) print line[i] }'
}

# settled: every device is the driver's, or pciback's, or in one guest for QEMU (q:), for
# xenstore (x:) and for Xen (d:); no journal is left.
settled() {
	local dev is name backends xen rc=0
	local -A bus ids
	xen=$(xen_devices)$'\n'
	backends=$(xenstore-ls -f /local/domain/0/backend/pci 2>/dev/null)
	for name in "${guests[@]}"; do
		ids[$name]=$(guest_id "$name")
		bus[$name]=$(timeout 30 xl qemu-monitor-command "$name" "info pci")
	done
	for dev in "${devs[@]}"; do
		is=$(driver "$dev")
		for name in "${guests[@]}"; do
			[[ ${bus[$name]} != *"\"pci-pt-${dev/:/_}\""* ]] || is+=" q:$name"
			[[ ! $backends =~ pci/${ids[$name]}/0/dev-[0-9]+' = "0000:'$dev'"' ]] || is+=" x:$name"
			[[ $xen != *"0000:$dev d${ids[$name]}"$'\n'* ]] || is+=" d:$name"
		done
		case $is in
		e1000e | pciback | 'pciback q:vm1 x:vm1 d:vm1' | 'pciback q:vm2 x:vm2 d:vm2') ;;
		*) diag "$dev: $is" && rc=1 ;;
		esac
	done
	[ -z "$(ls -A $journals 2>/dev/null)" ] || { diag "a journal is left" && rc=1; }
	return $rc
}

# xv WORDS...: a valid command, with any outcome.
xv() {
	did+=" xvtd $*;"
	run xvtd "$@"
	case $rc in 0 | 1 | 3 | 4 | 5) ;; *) diag "$did" && show_run && bad=$((bad + 1)) ;; esac
}

# killed WORDS...: the command, and SIGKILL at a moment that the seed chooses.
killed() {
	local pid ms=$((RANDOM % 900 + 50))
	did+=" kill after $ms ms: xvtd $*;"
	xvtd "$@" >/dev/null 2>&1 &
	pid=$!
	read -rt "0.$(printf %03d $ms)" <>/run/lab/never
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
}

for ((round = 1; round <= rounds; round++)); do
	dev=${devs[RANDOM % 4]} other=${devs[RANDOM % 4]}
	guest=${guests[RANDOM % 2]}
	to=vm1
	[ "$guest" = vm2 ] || to=vm2
	did="round $round:"
	case $((RANDOM % (rounds > 20 ? 11 : 10))) in
	0 | 1) xv assign "$guest" "$dev" ;;
	2) [ "$dev" = "$other" ] || xv assign "$guest" "$dev" "$other" ;;
	3) xv detach "$guest" "$dev" --timeout=60 ;;
	4) xv detach "$guest" "$dev" --return --timeout=60 ;;
	5) xv switch "$dev" "$guest" "$to" ;;
	6)
		xv eject "$guest"
		xv restore "$guest"
		;;
	7) killed assign "$guest" "$dev" ;;
	8)
		did+=" pause;"
		xl pause "$guest"
		xv detach "$guest" "$dev" --timeout=1
		xl unpause "$guest"
		;;
	9)
		did+=" the device model of $to stands still;"
		kill -STOP "$(xenstore-read "/local/domain/$(guest_id "$to")/image/device-model-pid")"
		xv assign "$guest" "$dev"
		xv detach "$guest" "$dev" --timeout=60
		kill -CONT "$(xenstore-read "/local/domain/$(guest_id "$to")/image/device-model-pid")"
		;;
	10)
		did+=" $guest reboots;"
		guest_reboot "$guest" || bad=$((bad + 1))
		;;
	esac
	# Guests answer now what they could not answer before; recover ends what was killed.
	xv recover
	for guest in "${guests[@]}"; do
		[ "$rc" != 5 ] || xv recover
	done
	await 60 settled >/dev/null || {
		diag "$did"
		settled
		bad=$((bad + 1))
	}
done
is "$bad" 0 "after each of $rounds rounds with seed $seed the records agree"
exits 0 "detach all from vm1" xvtd detach vm1 "${devs[@]}" --timeout=60
exits 0 "detach all from vm2" xvtd detach vm2 "${devs[@]}" --timeout=60
exits 0 "assignable remove of all" xvtd assignable remove "${devs[@]}"
ok "the records agree at the end" settled
done_testing
