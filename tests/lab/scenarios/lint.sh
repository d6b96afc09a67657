# machine: base
# weight: 50
# timeout: 700
#
# pciback-hide --lint against the driver itself: both accept and refuse the same strings, refuse
# them at the same place, and read the same devices from them.
. /lab/dom0/lib.sh

ko=$(modinfo -n xen-pciback)
modprobe -r xen-pciback
mkdir -p /run/lab/bare/sys/bus/pci/devices # --lint must not see this host's devices
exec {kmsg}</dev/kmsg
while read -r -t 0.01 -u "$kmsg" _; do :; done
# Loading and unloading wait for RCU, again and again.
echo 1 >/sys/kernel/rcu_expedited

# kernel VALUE: load the driver with it; sets taken, and slots (the driver's list) or at (the
# rest of the value where the driver stopped, or "-" when it does not say).
kernel() {
	local line
	at=- slots=
	if /bin/busybox insmod "$ko" "hide=\"$1\"" 2>/run/lab/insmod.err; then
		taken=1
		slots=$(</sys/bus/pci/drivers/pciback/slots)
		/bin/busybox rmmod xen_pciback
		return
	fi
	taken=
	[ ! -e /sys/bus/pci/drivers/pciback ] || at='still registered'
	echo "lint: end" >/dev/kmsg
	while read -r -t 5 -u "$kmsg" line && [[ $line != *'lint: end' ]]; do
		[[ $line != *'Error parsing pci_devs_to_hide at "'* ]] || {
			at=${line#*at \"}
			at=${at%\"}
			printf -v at %b "$at"
		}
	done
}

# lint VALUE: what pciback-hide says of it; sets ours ("" or 1) and offset.
lint() {
	local said
	said=$(pciback-hide --root /run/lab/bare --json --lint "$1" 2>/dev/null)
	ours=
	[[ $said != *'"ok": true'* ]] || ours=1
	offset=${said#*\"offset\": }
	offset=${offset%%[!0-9]*}
}

# expand READING...: every id, once, in order.
expand() {
	local id slot func slots_of funcs_of bus
	local -A seen=()
	for id; do
		bus=${id%:*}
		slots_of=${id##*:}
		funcs_of=${slots_of#*.}
		slots_of=${slots_of%.*}
		[ "$slots_of" != '*' ] || slots_of=$all_slots
		[ "$funcs_of" != '*' ] || funcs_of='0 1 2 3 4 5 6 7'
		for slot in $slots_of; do
			for func in $funcs_of; do
				[ -z "${seen[$bus:$slot.$func]-}" ] || continue
				seen[$bus:$slot.$func]=1
				expected+=$bus:$slot.$func$'\n'
			done
		done
	done
}
all_slots=$(printf '%02x ' {0..31})

# compare VALUE: do driver and lint agree on the verdict and on the place?
strings=0 accepted=0 places=0 wrong=()
compare() {
	strings=$((strings + 1))
	kernel "$1"
	lint "$1"
	[ -z "$taken" ] || accepted=$((accepted + 1))
	if [ "$taken" != "$ours" ]; then
		wrong+=("'$1': the driver ${taken:+registers}${taken:-refuses}, lint says '${ours:-no}'")
	elif [ "$at" != - ]; then
		places=$((places + 1))
		[ "$at" = "${1:offset}" ] || wrong+=("'$1': the driver stops at '$at', lint at $offset")
	fi
}

readings=0 misread=()
while IFS= read -r line; do
	[[ $line == *$'\t'* && $line != '#'* ]] || continue
	reading=${line%%$'\t'*}
	printf -v value %b "${line#*$'\t'}"
	compare "$value"
	expected=
	set -f
	# shellcheck disable=SC2086 # a list of ids
	[ "$reading" = '!' ] || expand $reading
	set +f
	[ "$reading" != '!' ] || [ -z "$taken" ] || misread+=("'$value' is accepted")
	[ "$reading" = '!' ] || {
		readings=$((readings + 1))
		[ -n "$taken" ] && [ "${slots:0:4000}" = "${expected:0:${#slots}}" ] ||
			misread+=("'$value' is ${slots//$'\n'/ }")
	}
done </lab/dom0/hide.corpus
is "${misread[*]-}" "" "the driver reads $readings values as the corpus says, and no others"
handwritten=$strings
is "${wrong[*]-}" "" "lint and driver agree on $strings values: $accepted accepted, $places places"

# Every way to leave out, double or replace one character.
base='(1:1f: 1.7)'
for ((i = 0; i < ${#base}; i++)); do
	compare "${base:0:i}${base:i+1}"
	compare "${base:0:i+1}${base:i}"
	for c in '*' ' ' g; do
		compare "${base:0:i}$c${base:i+1}"
	done
done
is "${wrong[*]-}" "" "lint and driver agree on $((strings - handwritten)) values with one slip"

# The longest that a parameter can be, and one more.
long=$(printf '(0000:%02x:00.0)' {32..104})
compare "$long  "
is "$taken" 1 "73 full entries and two blanks, 1024 characters, are accepted"
compare "$long   "
is "$taken" "" "one blank more is refused"
is "${wrong[*]-}" "" "lint agrees on both lengths"

exec {kmsg}<&-
echo 0 >/sys/kernel/rcu_expedited
ok "the driver can be loaded again" modprobe xen-pciback
done_testing
