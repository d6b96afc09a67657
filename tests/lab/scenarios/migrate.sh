# machine: base
# peer: base
# guests: vm1
# weight: 230
# timeout: 2700
#
# A guest with two devices migrates live from one host to the other and back; it never restarts, and
# its devices keep their slots. Failures: the network ends in the middle; the other host lacks
# devices from the beginning, or only at the end; xvtd is killed.
. /lab/dom0/lib.sh
. /lab/dom0/pair.sh
pair_join 1

# there GUEST-COMMAND...: in vm1, when it is on the other host.
there() {
	peer ". /lab/dom0/lib.sh; guest_limit=60 guest_run vm1 '$*'"
}
peer_sees() {
	peer ". /lab/dom0/lib.sh; wait_guest_sees vm1 $1 $2"
}

# count_goes_on WHERE...: the guest's own counter has moved on, and it has not been restarted.
count=0
count_goes_on() {
	is "$("$@" cat /proc/sys/kernel/random/boot_id)" "$boot_id" "the guest has not been restarted"
	ok "the guest goes on counting" await 30 counted_on "$@"
}
counted_on() {
	local now
	now=$("$@" cat /tmp/count)
	diag "counted to $count before, to $now now"
	[ "${now:-0}" -gt "$count" ] && count=$now
}
here() {
	guest_run vm1 "$@"
}

exits 0 "the other host answers" peer "mkdir -p $LAB_GUESTS/vm1; cd $LAB_GUESTS/vm1 && mkfifo ctl.in ctl.out; xl list | wc -l"
is "$out" 2 "the other host has no guests"

# One device is found by its name there, one by --map.
exits 0 "a device here gets a name" xl pci-assignable-add -n uplink0 02:00.0
exits 0 "a device there gets the same name" peer xl pci-assignable-add -n uplink0 08:00.0
exits 0 "assign two devices" xvtd assign vm1 02:00.0@7 07:00.0@8
slots=$(xvtd pci-list vm1 | awk '{print $1}')
ok "the guest drives them" wait_guest_sees vm1 08 8086:10d3:020000:e1000e
guest_run vm1 '(i=0; while sleep 1; do i=$((i + 1)); echo $i >/tmp/count.new; mv /tmp/count.new /tmp/count; done) >/dev/null 2>&1 &'
boot_id=$(guest_run vm1 cat /proc/sys/kernel/random/boot_id)
uuid=$(xl domid vm1 | xargs -I{} xenstore-read "/local/domain/{}/vm")
manifest=/var/lib/xvtd/${uuid##*/}.json

# Devices that the other host lacks are found before anything moves.
before=$(xvtd pci-list vm1)
peer "echo 1 >/sys/bus/pci/devices/0000:01:00.0/remove"
exits 3 "migrate refuses a device that is missing there" xvtd migrate vm1 host2 --map 07:00.0=01:00.0
like "$err" "vm1: host2: 0000:07:00.0: .*0000:01:00.0" "the message names the device"
exits 3 "migrate refuses another model there" xvtd migrate vm1 host2 --map 07:00.0=04:02.0
like "$err" "is another device here" "the message says that it is another device"
exits 6 "migrate refuses a host without xvtd" xvtd migrate vm1 host2 --rsh="ssh host2 nosuch"
like "$err" "host2: it ended without an answer, with exit code 127" "the message says how the other side ended"
is "$(xvtd pci-list vm1)" "$before" "vm1 still has its devices"
is "$(ls /var/lib/xvtd /var/lib/xvtd/journal)" "$(printf '/var/lib/xvtd:\njournal\n\n/var/lib/xvtd/journal:')" "no manifest or journal is left"
peer "echo 1 >/sys/bus/pci/rescan"

# The network ends in the middle: the guest continues here, with its devices.
tx=/sys/class/net/$pair_dev/statistics/tx_bytes
sent() {
	local now
	read -r now <"$tx"
	[ "$now" -gt $((from + $1)) ]
}
read -r from <"$tx"
xvtd -v migrate vm1 host2 --map 07:00.0=01:00.0 >/run/lab/cut.out 2>/run/lab/cut.err &
ok "xl migrate sends the guest" await 120 sent 15000000
ip link set "$pair_dev" down
wait $!
is $? 1 "the network is cut: exit 1"
ip link set "$pair_dev" up
like "$(</run/lab/cut.err)" "vm1: xl migrate ended with exit code 1.*; its devices are back" "the message says how xl ended"
is "$(xvtd pci-list vm1 | awk '{print $1}')" "$slots" "the devices are back here"
ok "the guest drives the first device" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
ok "the guest drives the second device" wait_guest_sees vm1 08 8086:10d3:020000:e1000e
count_goes_on here
is "$(ls -A /var/lib/xvtd/journal)" "" "no journal is left"
diag "$(tail -n 4 /run/lab/cut.err)"
nobody_there() {
	[ "$(peer 'xl list | wc -l')" = 2 ]
}
ok "the other host has no part of the guest" await 60 nobody_there

# Now the guest moves.
exits 0 "migrate" xvtd migrate vm1 host2 --map 07:00.0=01:00.0
show_run
ok "vm1 has left this host" guest_gone vm1
is "$(peer xvtd pci-list vm1 | awk '{print $1}')" "$slots" "the slots are the same"
is "$(peer xvtd pci-list vm1 | awk 'NR > 1 {print $3}' | tr '\n' ' ')" "0x08 0x01 " "the devices are those of the name and of --map"
ok "the guest drives the first device" peer_sees 07 8086:10d3:020000:e1000e
ok "the guest drives the second device" peer_sees 08 8086:10d3:020000:e1000e
count_goes_on there
is "$(peer ls -A /var/lib/xvtd /var/lib/xvtd/journal | tr '\n' ' ')" "/var/lib/xvtd: journal  /var/lib/xvtd/journal: " "no manifest is left there"
is "$(ls -A /var/lib/xvtd)" journal "no manifest is left here"

# Back; a device leaves the host before the guest arrives.
has_manifest() {
	[ -e "$manifest" ]
}
# (Without encryption, which takes most of the time under emulation. --rsh takes any such command.)
cat >/run/lab/plain <<'EOF'
#!/bin/sh
# HOST xl|xvtd migrate-receive
port=9001
[ "$2" = xl ] || port=9002
exec socat -b 65536 - "TCP:$1:$port"
EOF
peer_put /run/lab/plain </run/lab/plain
for port in 9001:xl 9002:xvtd; do
	listen="socat -b 65536 TCP-LISTEN:${port%:*},reuseaddr,fork 'EXEC:${port#*:} migrate-receive'"
	listen+=' </dev/null >/run/lab/socat.log 2>&1 &'
	eval "$listen"
	peer "$listen"
done
peer xvtd migrate vm1 host1 --rsh="'sh /run/lab/plain'" >/run/lab/back.out 2>/run/lab/back.err &
ok "this host has the manifest" await 120 has_manifest
echo 1 >/sys/bus/pci/devices/0000:01:00.0/remove
wait $!
is $? 5 "a device has left meanwhile: exit 5"
diag "$(</run/lab/back.out)"
diag "$(</run/lab/back.err)"
like "$(</run/lab/back.err)" "it runs on host1, but: .*0000:01:00.0" "the message names the device"
is "$(xvtd pci-list vm1 | awk 'NR > 1 {print $1, $3}')" "0x07 0x02" "the guest has the other device"
ok "the guest drives it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
count_goes_on here
echo 1 >/sys/bus/pci/rescan
exits 0 "restore continues when the device is there again" xvtd restore vm1
is "$(xvtd pci-list vm1 | awk '{print $1}')" "$slots" "the slots are the same"
is "$(ls -A /var/lib/xvtd)" journal "nothing is left"

# Killed in the middle: xl continues, and no command changes the guest meanwhile.
read -r from <"$tx"
xvtd migrate vm1 host2 --rsh="sh /run/lab/plain" >/run/lab/kill.out 2>/run/lab/kill.err &
ok "xl migrate sends the guest" await 120 sent 5000000
kill -KILL $!
wait $! 2>/run/lab/never.err
exits 0 "recover while xl migrate runs" xvtd recover
like "$out" "already clean" "recover leaves xl migrate alone"
is "$(xvtd pci-list vm1 | awk 'NR > 1')" "" "the guest is without devices"
ok "xl migrate ends" await 120 guest_gone vm1
has_left() { # when xl itself has ended, too
	run xvtd recover
	[[ $err == *"vm1 has migrated to host2"* ]]
}
ok "recover then says where the guest is" await 30 has_left
is "$(ls -A /var/lib/xvtd /var/lib/xvtd/journal | tr '\n' ' ')" "/var/lib/xvtd: journal  /var/lib/xvtd/journal: " "nothing is left here"
exits 0 "restore on the other host" peer xvtd restore vm1
is "$(peer xvtd pci-list vm1 | awk '{print $1}')" "$slots" "the slots are the same"
count_goes_on there
done_testing
