# shellcheck shell=bash
# The state of the host, as text that can be compared.

# host_drivers: "BDF DRIVER" for every PCI function (nothing for no driver).
host_drivers() {
	local dev driver
	local -A now=()
	while read -r dev driver; do now[$dev]=$driver; done < <(
		find /sys/bus/pci/devices/*/ -maxdepth 1 -name driver -printf '%h %l\n' |
			sed 's|^.*/\([^/]*\) .*/|\1 |'
	)
	for dev in /sys/bus/pci/devices/*; do
		dev=${dev##*/}
		echo "$dev ${now[$dev]-}"
	done
}

# host_overrides: "BDF OVERRIDE" for every function that has one.
host_overrides() {
	local dev value
	for dev in /sys/bus/pci/devices/*; do
		read -r value <"$dev/driver_override"
		[ "$value" = "(null)" ] || [ -z "$value" ] || echo "${dev##*/} $value"
	done
}

# xen_list PATH: a part of xenstore, one node a line.
xen_list() {
	xenstore-ls -f "$1" 2>/dev/null | LC_ALL=C sort
}

# state_snapshot: everything that a refused command must not change:
# driver links, overrides, pciback's slots, libxl's records, the
# backends, and what each guest's QEMU has.
state_snapshot() {
	local id name
	echo "== drivers"
	host_drivers
	echo "== overrides"
	host_overrides
	echo "== pciback"
	LC_ALL=C sort /sys/bus/pci/drivers/pciback/slots 2>/dev/null
	echo "== links"
	ip -o link | sed 's/^[0-9]*: //; s/ qlen.*//'
	echo "== libxl records"
	xen_list /libxl/pci
	echo "== backends"
	xen_list /local/domain/0/backend/pci
	while read -r name id _; do
		[ "$id" != 0 ] || continue
		echo "== qemu of $name"
		xl qemu-monitor-command "$id" "info pci" 2>/dev/null | grep -v '^ *BAR'
	done < <(xl list | sed 1d)
}
