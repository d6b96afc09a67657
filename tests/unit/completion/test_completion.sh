#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What bash offers after the programs' names, on a made-up host: TAP for tests/unit/run.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../../.." || exit 1
scripts=${XVTD_BUILD:-build}/completion
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# The host: two bridges, two functions in segment 0, one in another, an interface, a disk.
while read -r bdf class; do
	mkdir -p "$work/host/sys/bus/pci/devices/$bdf"
	echo "$class" >"$work/host/sys/bus/pci/devices/$bdf/class"
done <<-END
	0000:00:00.0 0x060000
	0000:00:1c.0 0x060400
	0000:02:00.0 0x020000
	0000:04:01.0 0x020000
	10000:e1:00.0 0x010802
END
mkdir -p "$work/host/sys/class/net/eth1/device" "$work/host/sys/class/net/lo" \
	"$work/host/sys/block/sdb/device" "$work/host/sys/block/loop0" "$work/bin"
touch "$work/vm1.cfg"
mkdir -p "$work/named/etc/xvtd"
printf '%s\n' '# by hand' '' 'uplink0 0000:02:00.0 8086:10d3' 'disk1 0000:03:00.0 1b36:0010' >"$work/named/etc/xvtd/names"
cat >"$work/bin/xl" <<-'END'
	#!/bin/sh
	echo 'Name                                        ID   Mem VCPUs	State	Time(s)'
	echo 'Domain-0                                     0   768     1     r-----      31.4'
	echo 'vm1                                          3   160     1     -b----       2.0'
	echo 'vm2                                         14   160     1     -b----       2.0'
END
chmod +x "$work/bin/xl"
PATH=$work/bin:$PATH

for script in "$scripts"/*; do
	# shellcheck source=/dev/null
	. "$script"
done

tests=0
# offers LINE WORD...: with the cursor at the end of LINE, HOST meaning the made-up host.
offers() {
	local line=${1//HOST/$work/host} got want program
	shift
	program=${line%% *}
	COMP_LINE=$line COMP_POINT=${#line}
	COMPREPLY=()
	"_xvtd_complete_$program"
	got="${COMPREPLY[*]}"
	want="${*//HOST/$work/host}"
	tests=$((tests + 1))
	if [ "$got" = "$want" ]; then
		echo "ok $tests - $line"
	else
		echo "not ok $tests - $line"
		echo "# got:  $got"
		echo "# want: $want"
	fi
}
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:@'

offers 'xvtd ass' assign assignable
offers 'xvtd --json gr' groups
offers 'xvtd assignable ' add list remove
offers 'xvtd assignable r' remove
offers 'xvtd nonsense '
offers 'xvtd assign vm1 --with' --with-functions --with-group
offers 'xvtd assign --rdm-policy=' relaxed strict
offers 'xvtd assign --rdm-policy s' strict
offers 'xvtd detach --allow=b' boot-hidden
offers 'xvtd assignable add --allow=' in-use twin
offers 'xvtd detach vm1 --time' --timeout=
offers 'xvtd assign vm1 --sa' --save
offers 'xvtd --roo' --root=
offers 'xvtd detach -' --allow= --dry-run --force --help --json --lock-timeout= --quiet --return --root= --save \
	--strict-reset --timeout= --verbose --version -V -f -h -q -v
offers 'xvtd --json list --j'
offers 'xvtd restore --map vm'

# Operands. Readline wants what stands behind the last colon.
offers 'xvtd assign ' vm1 vm2
offers 'xvtd --root HOST assign '
offers 'xvtd assign vm1' vm1
offers 'xvtd --root HOST assign vm1 ' 0000:02:00.0 0000:04:01.0 10000:e1:00.0
offers 'xvtd --root=HOST assign vm1 0000:0' 02:00.0 04:01.0
offers 'xvtd --root=HOST assign vm1 02' 02:00.0
offers 'xvtd --root=HOST assign vm1 04:' 01.0
offers 'xvtd --root=HOST/ assign vm1 0000:02:00.0 0000:' 04:01.0
offers 'xvtd --root HOST assign vm1 02:00.0 tr' trust=off trust=on
offers 'xvtd --root HOST assign vm1 02:00.0 7 trust=' off on
offers 'xvtd --root HOST assign vm1 02:00.0 vlan=7 m' mac=
offers 'xvtd --root HOST assignable add 02:00.0 sp' spoofchk=off spoofchk=on
offers 'xvtd --root HOST assign vm1 02:00.0 1' 10000:e1:00.0
offers 'xvtd --root HOST list '
offers 'xvtd --root HOST show ' /dev/sdb 0000:00:00.0 0000:00:1c.0 0000:02:00.0 0000:04:01.0 \
	10000:e1:00.0 eth1
offers 'xvtd --root HOST check ' 0000:02:00.0 0000:04:01.0 10000:e1:00.0
offers 'xvtd check v' vm1 vm2
offers 'xvtd --root HOST check vm1 1' 10000:e1:00.0
offers "xvtd cfg check $work/v" "$work/vm1.cfg"
offers "xvtd cfg check $work/vm1.cfg $work/b" "$work/bin"
offers "xvtd --root HOST cfg add $work/vm1.cfg 1" 10000:e1:00.0
offers "xvtd --root $work/h" "$work/host"
offers 'xvtd --root HOST show -- e' eth1
offers 'xvtd pci-list vm1 '
offers 'xvtd detach vm1 -- --f'
offers "xvtd --root $work/v"
offers "xvtd --root $work/named assign vm1 u" uplink0
offers "xvtd --root $work/named show " disk1 uplink0
offers 'xvtd watch --exec mapf' mapfile

# Programs without commands.
offers 'pciback-bind --driver=' pci-stub pciback vfio-pci
offers 'pciback-bind -d v' vfio-pci
offers 'pciback-bind --root HOST -d pciback 1' 10000:e1:00.0
offers 'pciback-unbind --allow ' boot-hidden twin
offers 'pciback-hide --format=g' grub grub-legacy
offers 'pciback-hide --root HOST 02' 02:00.0
offers "pciback-hide --from-cfg $work/v" "$work/vm1.cfg"

# A readline that does not part words at colons.
COMP_WORDBREAKS=$' \t\n'
offers 'xvtd --root=HOST assign vm1 0000:0' 0000:02:00.0 0000:04:01.0
offers 'pciback-hide --format=g' --format=grub --format=grub-legacy
COMP_WORDBREAKS=$' \t\n:'
offers 'xvtd --root=HOST assign vm1 10000:' e1:00.0
offers 'pciback-hide --format=g' --format=grub --format=grub-legacy
echo "1..$tests"
