# machine: base
# weight: 30
# timeout: 600
#
# pciback-bind and pciback-unbind beside xl: they need no libxl, and each continues where the
. /lab/dom0/lib.sh

bdf=0000:02:00.0

# state: what a round trip leaves as it was.
state() {
	host_drivers
	host_overrides
	xen_list /libxl/pci | grep -v '^/libxl/pci/[^/]* = ""$'
	LC_ALL=C sort /sys/bus/pci/drivers/pciback/slots
}
before=$(state)

# faults: what Xen's log has to say since we began about the DMA of the function.  The log
# stays as it is: who comes next in this boot looks for what Xen said when it came up.
log_before=$(xl dmesg | wc -l)
faults() {
	xl dmesg | tail -n "+$((log_before + 1))" | grep -F "DMA" | grep -F "$bdf"
}

# speaks: its driver has its interrupts, and sends without a DMA fault.
speaks() {
	local eth tries
	eth=$(net_of $bdf)
	ip link set "$eth" up
	for ((tries = 0; tries < 30; tries++)); do
		[ "$(<"/sys/class/net/$eth/statistics/tx_packets")" = 0 ] || break
		nap
	done
	like "$(</proc/interrupts)" "-(msi|msi-x) .*$eth" "its interrupts are messages"
	isnt "$(<"/sys/class/net/$eth/statistics/tx_packets")" 0 "it sends"
	ip link set "$eth" down
	is "$(faults)" "" "without a DMA fault"
}

exits 0 "the plan" pciback-bind --driver=pciback --dry-run 2:0.0
like "$out" "1. take $bdf from driver e1000e to pciback  \(undo: give it back to e1000e\)" "says what"
is "$(state)" "$before" "and nothing was touched"
exits 0 "bind" pciback-bind --driver=pciback 2:0.0
is "$out" "$bdf: with driver pciback" "it is told"
is "$(driver $bdf)" pciback "it is in pciback"
is "$(xenstore-read /libxl/pci/0000-02-00-0/driver_path)" /sys/bus/pci/drivers/e1000e "with libxl's record"
exits 0 "once more" pciback-bind --driver=pciback 2:0.0
like "$out" "already with driver pciback" "is already so"
exits 0 "xl lists it" xl pci-assignable-list
like "$out" "$bdf" "as assignable"
exits 0 "xl gives it back" xl pci-assignable-remove -r 02:00.0
is "$(driver $bdf)" e1000e "to the right driver"
speaks

exits 0 "xl makes it assignable" xl pci-assignable-add 02:00.0
exits 0 "unbind gives it back" pciback-unbind --json 2:0.0
is "$(jq -c '.results[0] | [.bdf, .status, .driver]' <<<"$out")" "[\"$bdf\",\"done\",\"e1000e\"]" "to its driver"
speaks
is "$(state)" "$before" "all is as it was"

exits 0 "to pci-stub, a module" pciback-bind --driver=pci-stub 2:0.0
like "$out" "with driver pci-stub; not quarantined by Xen" "and a word on what that is not"
exits 0 "from there to pciback" pciback-bind --driver=pciback 2:0.0
exits 0 "and back" pciback-unbind 2:0.0
is "$out" "$bdf: returned to driver e1000e" "to the driver that it came from"
exits 0 "once more" pciback-unbind 2:0.0
like "$out" "already with driver e1000e" "is already so"

exits 6 "vfio-pci has no IOMMU below Xen" pciback-bind --driver=vfio-pci 2:0.0
like "$err" "hint: .*--driver=pciback" "which is said"
exits 3 "dom0's disk" pciback-bind --driver=pciback 0:3.0
like "$err" "dom0 uses it: vda" "is refused"
exits 3 "so is a bridge" pciback-bind --driver=pciback 0:1c.0
exits 4 "and a function that is not there" pciback-unbind 1f:0.0
echo pciback >/sys/bus/pci/devices/$bdf/driver_override
exits 0 "hidden by an override" pciback-bind --driver=pciback 2:0.0
exits 3 "it is not given back" pciback-unbind 2:0.0
like "$err" "hint: --allow=boot-hidden" "unless asked"
exits 0 "who asks gets it" pciback-unbind --allow=boot-hidden 2:0.0
is "$(state)" "$before" "all is as it was"

journals=/var/lib/xvtd/journal

# left: how many journals there are.
left() {
	find $journals -type f 2>/dev/null | wc -l
}

# cut COMMAND...: kill it once its journal tells of a step; success when it has left one.  When the
# kill came too late, what it has done is undone by hand.
cut() {
	local tries pid file lines
	for tries in {1..20}; do
		"$@" >/dev/null 2>&1 &
		pid=$!
		while [ -d /proc/$pid ]; do
			lines=()
			for file in "$journals"/*-"$pid"; do
				[ ! -f "$file" ] || mapfile -t lines <"$file" 2>/dev/null
			done
			[ ${#lines[@]} -lt 2 ] || break
		done
		kill -KILL $pid 2>/dev/null
		wait $pid 2>/dev/null
		[ "$(left)" = 0 ] || return 0
		diag "$1 was faster than its murderer, $tries times"
		case $1 in
		pciback-bind) pciback-unbind 2:0.0 >/dev/null ;;
		*) pciback-bind --driver=pciback 2:0.0 >/dev/null ;;
		esac
	done
	return 1
}

for recover in "pciback-bind --recover" "xvtd recover"; do
	ok "pciback-bind is killed in the middle" cut pciback-bind --driver=pciback 2:0.0
	# shellcheck disable=SC2086
	exits 0 "$recover" $recover
	like "$out" "recovered: pciback-bind: undone" "undoes it"
	is "$(left)" 0 "its journal has gone"
	is "$(state)" "$before" "all is as it was"
	exits 0 "bind" pciback-bind --driver=pciback 2:0.0
	ok "pciback-unbind is killed in the middle" cut pciback-unbind 2:0.0
	# shellcheck disable=SC2086
	exits 0 "$recover" $recover
	like "$out" "recovered: pciback-unbind: finished" "finishes it"
	is "$(left)" 0 "its journal has gone"
	is "$(state)" "$before" "all is as it was"
done
exits 0 "and once more" pciback-bind --recover
like "$out" "already clean: no leftovers" "is already so"
done_testing
