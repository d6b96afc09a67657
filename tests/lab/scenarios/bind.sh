# machine: base
# weight: 30
# timeout: 600
#
# pciback-bind and pciback-unbind beside xl: they need no libxl, and each continues where the
# other stopped.
. /lab/dom0/lib.sh

bdf=0000:02:00.0

# state: everything that a round trip must leave unchanged.
state() {
	host_drivers
	host_overrides
	xen_list /libxl/pci | grep -v '^/libxl/pci/[^/]* = ""$'
	LC_ALL=C sort /sys/bus/pci/drivers/pciback/slots
}
before=$(state)

# faults: the lines of Xen's log about the function's DMA since the scenario began.  Do not clear
# the log: later scenarios of this boot look in it for what Xen said at its start.
log_before=$(xl dmesg | wc -l)
faults() {
	xl dmesg | tail -n "+$((log_before + 1))" | grep -F "DMA" | grep -F "$bdf"
}

# speaks: the device has message interrupts, and its driver sends without a DMA fault.
speaks() {
	local eth tries
	eth=$(net_of $bdf)
	ip link set "$eth" up
	for ((tries = 0; tries < 30; tries++)); do
		[ "$(<"/sys/class/net/$eth/statistics/tx_packets")" = 0 ] || break
		nap
	done
	like "$(</proc/interrupts)" "-(msi|msi-x) .*$eth" "its interrupts are MSI or MSI-X"
	isnt "$(<"/sys/class/net/$eth/statistics/tx_packets")" 0 "its interface sends"
	ip link set "$eth" down
	is "$(faults)" "" "Xen has logged no DMA fault"
}

exits 0 "pciback-bind --dry-run" pciback-bind --driver=pciback --dry-run 2:0.0
like "$out" "1. take $bdf from driver e1000e to pciback  \(undo: give it back to e1000e\)" "the plan names the step and its undo"
is "$(state)" "$before" "--dry-run changes nothing"
exits 0 "pciback-bind" pciback-bind --driver=pciback 2:0.0
is "$out" "$bdf: with driver pciback" "the output names the driver"
is "$(driver $bdf)" pciback "pciback has the device"
is "$(xenstore-read /libxl/pci/0000-02-00-0/driver_path)" /sys/bus/pci/drivers/e1000e "libxl's record names e1000e"
exits 0 "pciback-bind again is success" pciback-bind --driver=pciback 2:0.0
like "$out" "already with driver pciback" "the output says that pciback has it already"
exits 0 "xl pci-assignable-list" xl pci-assignable-list
like "$out" "$bdf" "xl lists the device as assignable"
exits 0 "xl gives it back" xl pci-assignable-remove -r 02:00.0
is "$(driver $bdf)" e1000e "e1000e has the device again"
speaks

exits 0 "xl makes it assignable" xl pci-assignable-add 02:00.0
exits 0 "pciback-unbind --json" pciback-unbind --json 2:0.0
is "$(jq -c '.results[0] | [.bdf, .status, .driver]' <<<"$out")" "[\"$bdf\",\"done\",\"e1000e\"]" "the document names device, status and driver"
speaks
is "$(state)" "$before" "all is as it was"

exits 0 "pciback-bind to pci-stub, which is a module" pciback-bind --driver=pci-stub 2:0.0
like "$out" "with driver pci-stub; not quarantined by Xen" "the output says that Xen does not quarantine it"
exits 0 "pciback-bind from pci-stub to pciback" pciback-bind --driver=pciback 2:0.0
exits 0 "pciback-unbind" pciback-unbind 2:0.0
is "$out" "$bdf: returned to driver e1000e" "the output names the native driver"
exits 0 "pciback-unbind again is success" pciback-unbind 2:0.0
like "$out" "already with driver e1000e" "the output says that e1000e has it already"

exits 6 "vfio-pci cannot be used below Xen" pciback-bind --driver=vfio-pci 2:0.0
like "$err" "hint: .*--driver=pciback" "the hint names --driver=pciback"
exits 3 "pciback-bind refuses dom0's disk" pciback-bind --driver=pciback 0:3.0
like "$err" "dom0 uses it: vda" "the message says what uses the disk"
exits 3 "pciback-bind refuses a bridge" pciback-bind --driver=pciback 0:1c.0
exits 4 "pciback-unbind refuses a function that is not there" pciback-unbind 1f:0.0
echo pciback >/sys/bus/pci/devices/$bdf/driver_override
exits 0 "pciback-bind of a device with an override for pciback" pciback-bind --driver=pciback 2:0.0
exits 3 "pciback-unbind refuses a hidden device" pciback-unbind 2:0.0
like "$err" "hint: --allow=boot-hidden" "the hint names --allow=boot-hidden"
exits 0 "pciback-unbind --allow=boot-hidden" pciback-unbind --allow=boot-hidden 2:0.0
is "$(state)" "$before" "all is as it was"

journals=/var/lib/xvtd/journal

# left: how many journals there are.
left() {
	find $journals -type f 2>/dev/null | wc -l
}

# cut COMMAND...: kill COMMAND once its journal has a step; succeeds when a journal is left.  If
# COMMAND ends before the kill, cut undoes it and tries again.
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
	like "$out" "recovered: pciback-bind: undone" "recover undoes pciback-bind"
	is "$(left)" 0 "no journal is left"
	is "$(state)" "$before" "all is as it was"
	exits 0 "pciback-bind" pciback-bind --driver=pciback 2:0.0
	ok "pciback-unbind is killed in the middle" cut pciback-unbind 2:0.0
	# shellcheck disable=SC2086
	exits 0 "$recover" $recover
	like "$out" "recovered: pciback-unbind: finished" "recover finishes pciback-unbind"
	is "$(left)" 0 "no journal is left"
	is "$(state)" "$before" "all is as it was"
done
exits 0 "recover again is success" pciback-bind --recover
like "$out" "already clean: no leftovers" "the output says that nothing is left over"
done_testing
