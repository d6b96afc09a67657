# shellcheck shell=bash
# The state that every scenario starts from: recorded once at boot, compared
# before each scenario, repaired where a scenario left something behind.

# clean_baseline: record the state of dom0 before the first scenario.
clean_baseline() {
	host_drivers >/run/lab/baseline.drivers
	host_overrides >/run/lab/baseline.overrides
	LC_ALL=C sort /sys/bus/pci/drivers/pciback/slots >/run/lab/baseline.slots 2>/dev/null
	xen_list /libxl/pci >/run/lab/baseline.records
	host_links >/run/lab/baseline.links
	mkdir -p "$LAB_GUESTS"
}

# host_links: the interfaces, whether they are up, and their addresses (names
# may change hands when several devices come back to their driver).
host_links() {
	{
		ip -o link | sed -E 's/^[0-9]+: ([^:@]+)[:@].*<([^>]*)>.*/\1 \2/; s/,LOWER_UP|,NO-CARRIER|NO-CARRIER,//g'
		ip -o addr | sed -E 's/^[0-9]+: (.*) scope.*/\1/'
	} | LC_ALL=C sort
}

# repaired TEXT...: report a repair on stderr, which the driver passes on as notes.
repaired() {
	echo "left over, repaired: $*" >&2
}

# answers GUEST: it runs, is not paused and reacts, and is the plain one.
answers() {
	local id
	id=$(guest_id "$1") || return 1
	cmp -s <(guest_cfg "$1") "$LAB_GUESTS/$1/cfg" || return 1
	[ "$(xl list "$id" | awk 'NR == 2 {print substr($5, 3, 1)}')" != p ] || return 1
	guest_limit=10 guest_run "$1" true
}

# clean_guests GUEST...: let these guests run, and no others.
clean_guests() {
	local name id
	while read -r name id _; do
		[ "$id" != 0 ] || continue
		case " $* " in
		*" $name "*)
			if ! answers "$name"; then
				repaired "guest $name does not answer, starting it anew"
				guest_destroy "$name"
			elif [ -n "$(xl pci-list "$name" | sed 1d)" ] || [ "$(guest_bus "$name")" != "$(</run/lab/plain.bus)" ]; then
				repaired "guest $name has devices, starting it anew"
				guest_destroy "$name"
			fi
			;;
		*) xl destroy "$id" ;;
		esac
	done < <(xl list 2>/dev/null | sed 1d)
	[ $# = 0 ] || guest_up "$@"
}

# clean_devices: every function back to the driver it had after boot.
clean_devices() {
	local bdf want now
	grep -q '^0000:00:03.0 virtio-pci' /run/lab/baseline.drivers || return 0 # no baseline, no repairs
	while read -r bdf want; do
		now=$(driver "$bdf")
		[ "$now" != "$want" ] || continue
		repaired "$bdf has driver '${now:-none}' instead of '${want:-none}'"
		if [ "$now" = pciback ]; then
			xl pci-assignable-remove "$bdf" >&2
		elif [ -n "$now" ]; then
			echo "$bdf" >"/sys/bus/pci/devices/$bdf/driver/unbind"
		fi
		echo "$want" >"/sys/bus/pci/devices/$bdf/driver_override"
		[ -z "$want" ] || echo "$bdf" >/sys/bus/pci/drivers_probe
		echo >"/sys/bus/pci/devices/$bdf/driver_override"
	done </run/lab/baseline.drivers
	while read -r bdf now; do
		grep -qx "$bdf $now" /run/lab/baseline.overrides && continue
		repaired "$bdf has the override '$now'"
		echo >"/sys/bus/pci/devices/$bdf/driver_override"
	done < <(host_overrides)
	[ -e /sys/bus/pci/drivers/pciback/slots ] || modprobe xen-pciback
	while read -r bdf; do
		repaired "pciback still has a slot for $bdf"
		echo "$bdf" >/sys/bus/pci/drivers/pciback/remove_slot
	done < <(LC_ALL=C sort /sys/bus/pci/drivers/pciback/slots | comm -23 - /run/lab/baseline.slots)
}

# dead_backends: xenstore's pci backends of guests that have ended, where libxl has left some.
dead_backends() {
	local id
	for id in $(xenstore-list /local/domain/0/backend/pci 2>/dev/null); do
		xenstore-exists "/local/domain/$id" || echo "/local/domain/0/backend/pci/$id"
	done
}

# clean_records: delete records of libxl and xvtd, and undo what scenarios do to interfaces.
clean_records() {
	local node
	while read -r node; do
		repaired "xenstore has $node"
		xenstore-rm "$node"
	done < <(dead_backends)
	while read -r node; do
		repaired "xenstore has $node"
		xenstore-rm "${node%% *}" 2>/dev/null
	done < <(xen_list /libxl/pci | grep -v '^/libxl/pci/[^/]* = ' | comm -23 - /run/lab/baseline.records)
	while read -r node; do
		repaired "interface $node"
		node=${node%%[ :@]*}
		case $node in
		eth*)
			ip addr flush dev "$node"
			ip link set "$node" nomaster down
			;;
		*) ip link del "$node" ;;
		esac
	done < <(host_links | comm -13 /run/lab/baseline.links -)
}

# clean_differs: print the remaining differences from the baseline, one a line.
clean_differs() {
	grep -q '^0000:00:03.0 virtio-pci' /run/lab/baseline.drivers || echo "there is no record of the state after boot"
	host_drivers | diff /run/lab/baseline.drivers - | sed -n 's/^> /driver: /p'
	host_overrides | diff /run/lab/baseline.overrides - | sed -n 's/^> /override: /p'
	LC_ALL=C sort /sys/bus/pci/drivers/pciback/slots 2>/dev/null |
		diff /run/lab/baseline.slots - | sed -n 's/^> /pciback slot: /p'
	host_links | comm -13 /run/lab/baseline.links - | sed 's/^/interface: /'
	xen_list /libxl/pci | grep -E '/(domid|driver_path|name) = "?.' |
		comm -23 - /run/lab/baseline.records | sed 's/^/record: /'
	dead_backends | sed 's/^/backend: /'
}

# clean_state GUEST...: returns 0 when everything is as it should be; reports repairs
# on stderr, and on failure its last line says what is wrong.
clean_state() {
	local left
	clean_guests "$@" || return 1
	rm -rf /run/xvtd
	case " $lab_cmdline" in
	*" lab.boot="[2-9]*) ;; # continues with what the boot before has left on its disk
	*) rm -rf /var/lib/xvtd ;;
	esac
	left=$(clean_differs)
	[ -n "$left" ] || return 0
	clean_devices
	clean_records
	left=$(clean_differs)
	[ -n "$left" ] || return 0
	echo "not as it was after boot: ${left//$'\n'/; }" >&2
	return 1
}
