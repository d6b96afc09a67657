#!/bin/bash
# A device model that lies or never ends: one connection, on stdin and stdout (socat). The file
# "mode" says what it does; it appends every question to the file "heard".
#
#   hostile.sh DIR
dir=$1
mode=$(<"$dir/mode")

# claims: a bus with functions that the guest does not have, and some that no guest can have.
claims() {
	local id n=3
	printf '{"return":"'
	printf '  Bus  0, device   0, function 0:\\r\\n    Host bridge: PCI device 8086:1237\\r\\n      id \\"\\"\\r\\n'
	for id in 01_00.0 02_00.0 04_01.0 07_00.0 08_00.0 09_00.0 0a_00.0 06_20.0; do
		printf '  Bus  0, device  %2d, function 0:\\r\\n' $((n += 1))
		printf '    Ethernet controller: PCI device 8086:10d3\\r\\n      id \\"pci-pt-%s\\"\\r\\n' "$id"
	done
	printf '"}\r\n'
}

printf '%s connected\n' "$mode" >>"$dir/heard"
printf '{"QMP": {"version": {}, "capabilities": []}}\r\n'
while read -r line; do
	printf '%s %s\n' "$mode" "$line" >>"$dir/heard"
	case $line in
	*qmp_capabilities*)
		printf '{"return": {}}\r\n'
		continue
		;;
	esac
	case $mode in
	silent) sleep 1000 ;;
	flood) exec yes '{"event": "X"}' ;;
	drip) while sleep 0.2 && printf '{"event": "X"}\r\n'; do :; done ;;
	deep)
		printf '{"return":'
		head -c 300000 /dev/zero | tr '\0' '['
		printf '\r\n'
		;;
	long)
		printf '{"return":"'
		head -c 3000000 /dev/zero | tr '\0' 'A'
		printf '"}\r\n'
		;;
	escapes) printf '{"return":"\\u001b]0;owned\\u0007\\u001b[2J\\u202eevil"}\r\n' ;;
	claims) claims ;;
	esac
done
