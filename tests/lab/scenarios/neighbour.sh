# machine: base
# guests: vm1 vm2
# weight: 420
# timeout: 2400
#
# A neighbour whose device model is stopped, or lies, and whose name is another guest's number or
# UUID. Commands for other guests do not wait for it, ask it nothing, and change nothing of it. One
# of the others has PV drivers.
. /lab/dom0/lib.sh

dir=/run/lab/hostile
words='quiet mitigations=off tsc=reliable clocksource=tsc hpet=disable'

# within SECONDS CODE NAME COMMAND...: as exits, and COMMAND must end by itself in that time. Sets
# took, its time in ms.
within() {
	local limit=$1 code=$2 name=$3 begin=${EPOCHREALTIME/[.,]/}
	shift 3
	exits "$code" "$name" timeout -s KILL "$limit" "$@"
	took=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
	diag "$took ms: $*"
}

# as_it_was: what must not change of the neighbour: its nodes in xenstore, the state of its device
# model's process, and the devices that this process has open.
as_it_was() {
	xen_list "/local/domain/$id2"
	xen_list "/libxl/$id2"
	xen_list "/local/domain/0/backend/pci/$id2"
	sed -n 's/^State:\t//p' "/proc/$pid2/status"
	readlink "/proc/$pid2/fd"/* | grep ^/sys/ | sort
}

# unasked NAME COMMAND...: COMMAND connects to no socket of the neighbour's device model.
unasked() {
	local name=$1
	shift
	exits 0 "$name" strace -f -qq -e trace=connect -o "$dir/strace" "$@"
	like "$(<"$dir/strace")" 'connect\(.*sun_path=' "$name: strace sees connections"
	unlike "$(<"$dir/strace")" "qmp-[a-z]+-$id2\"" "$name: none is to the neighbour"
}

# neighbourhood NAME GUEST: run all commands on GUEST, and on a guest with PV drivers.
neighbourhood() {
	local with=$1 guest=$2 before
	before=$(as_it_was)
	within 15 0 "$with: list" xvtd list
	within 60 0 "$with: show" xvtd show 2:0.0
	within 60 0 "$with: show of the neighbour's device" xvtd --json show 1:0.0
	is "$(jq -r .device.domain.id <<<"$out")" "$id2" "$with: show says that the neighbour has it"
	within 60 0 "$with: check" xvtd check "$guest"
	within 60 0 "$with: assign" xvtd assign "$guest" 2:0.0 7
	ok "$with: the guest drives it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e 60
	within 60 0 "$with: assign a second" xvtd assign "$guest" 8:0.0 9
	within 60 3 "$with: xvtd refuses the neighbour's device" xvtd assign "$guest" 1:0.0
	within 90 0 "$with: switch" xvtd switch 2:0.0 "$guest" pv 8
	ok "$with: the guest with PV drivers drives it" wait_guest_sees pv 08 8086:10d3:020000:e1000e 60
	within 90 0 "$with: switch back" xvtd switch 2:0.0 pv "$guest" 7
	within 90 0 "$with: eject" xvtd eject "$guest"
	within 90 0 "$with: restore" xvtd restore "$guest"
	is "$(xvtd pci-list --xl "$guest" | tr '\n' ' ')" "Vdev Device 07.0 0000:02:00.0 09.0 0000:08:00.0 " \
		"$with: both devices are at their slots again"
	within 90 0 "$with: detach" xvtd detach "$guest" 2:0.0
	within 90 0 "$with: detach the other" xvtd detach "$guest" 8:0.0 --return
	within 60 0 "$with: assignable remove" xvtd assignable remove 2:0.0
	is "$(driver 02:00.0) $(driver 08:00.0)" "e1000e e1000e" "$with: e1000e has both again"
	within 60 0 "$with: recover" xvtd recover "$guest"
	unasked "$with: list under strace" xvtd list
	unasked "$with: a plan under strace" xvtd --dry-run assign "$guest" 2:0.0
	is "$(as_it_was)" "$before" "$with: the neighbour is unchanged"
}

# impostor: answers on the sockets of the neighbour's device model, as the file "mode" says.
impostor() {
	local name
	mkdir -p "$dir"
	for name in libxl libxenstat; do
		mv "/run/xen/qmp-$name-$id2" "$dir/$name"
		socat "UNIX-LISTEN:/run/xen/qmp-$name-$id2,fork" "EXEC:/lab/dom0/hostile.sh $dir" 2>/dev/null &
		impostors+=($!)
		await 20 test -S "/run/xen/qmp-$name-$id2"
	done
	: >"$dir/heard"
}

impostor_ends() {
	local name
	kill "${impostors[@]}"
	for name in libxl libxenstat; do
		mv -f "$dir/$name" "/run/xen/qmp-$name-$id2"
	done
}

mkdir -p "$dir"
impostors=()
id1=$(guest_id vm1)
id2=$(guest_id vm2)
uuid1=$(xenstore-read "/local/domain/$id1/vm")
uuid1=${uuid1##*/}
pid2=$(xenstore-read "/local/domain/$id2/image/device-model-pid")
ok "a guest with PV drivers is created" guest_create pv "extra = \"console=ttyS0 $words\"" "vkb_device = 0"
ok "the guest with PV drivers comes up" guest_wait pv 600
exits 0 "the neighbour gets a device" xvtd assign vm2 1:0.0 7
ok "the neighbour drives it" wait_guest_sees vm2 07 8086:10d3:020000:e1000e

kill -STOP "$pid2"
like "$(as_it_was)" "T \(stopped\)" "the neighbour's device model is stopped"
ok "the neighbour gets vm1's number as its name" xl rename "$id2" "$id1"
exits 2 "xvtd refuses a number that is also a name" xvtd assign "$id1" 2:0.0
like "$err" "id:$id1" "the message names the clear form"
neighbourhood stopped "id:$id1"

echo claims >$dir/mode
impostor
ok "the neighbour gets vm1's UUID as its name" xl rename "$id2" "$uuid1"
exits 2 "xvtd refuses a UUID that is also a name" xvtd assign "$uuid1" 2:0.0
like "$err" "id:$id1, or name:$uuid1" "the message names both clear forms"
neighbourhood lying "uuid:$uuid1"
is "$(<$dir/heard)" "" "lying: no command has asked it anything"

# Commands about the neighbour itself end too, whatever it answers.
exits 0 "vm1 gets a device" xvtd assign vm1 8:0.0 9
for mode in silent drip deep long escapes flood; do
	echo $mode >$dir/mode
	within 60 6 "$mode: a detach asks the neighbour, and ends" xvtd detach "id:$id2" 1:0.0 --timeout=3
	unlike "$err" $'\e|\u202e' "$mode: xvtd prints no control characters"
done
flood=$took
within 60 124 "flood: Ctrl-C during a detach" timeout -s INT 3 xvtd detach "id:$id2" 1:0.0
ok "flood: Ctrl-C ends it at once" test "$took" -lt "$flood"
echo claims >$dir/mode
exits 0 "claims: detach of another guest's device" xvtd detach "id:$id2" 8:0.0
like "$out" "already not attached" "claims: it is not the neighbour's device"
within 60 5 "claims: detach of the neighbour's own device" xvtd detach "id:$id2" 1:0.0 --timeout=3
within 90 0 "claims: recover does nothing to others" xvtd recover "id:$id1"
is "$(xvtd pci-list --xl vm1 | tr '\n' ' ')" "Vdev Device 09.0 0000:08:00.0 " "vm1 has its device"
like "$(<$dir/heard)" "flood .*info pci" "the detach has asked the neighbour"

# Restore the neighbour.
impostor_ends
kill -CONT "$pid2"
ok "the neighbour has its own name again" xl rename "$id2" vm2
exits 0 "detach from the neighbour" xvtd detach vm2 1:0.0 --return
exits 0 "detach from vm1" xvtd detach vm1 8:0.0 --return
guest_destroy pv
done_testing
