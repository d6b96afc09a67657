# machine: base
# guests: vm1 vm2
# weight: 220
# timeout: 1200
#
# xvtd is killed at many points of every command that moves devices, several commands in a row. Then
# one `xvtd recover` finishes or undoes them: every device is in its one right place, and no journal
# is left.
. /lab/dom0/lib.sh

journals=/var/lib/xvtd/journal
devs=(01:00.0 02:00.0 07:00.0 08:00.0)
declare -A slot=([01:00.0]=07 [02:00.0]=08 [07:00.0]=09 [08:00.0]=0a)
declare -A ids=([vm1]="$(xl domid vm1)" [vm2]="$(xl domid vm2)")
declare -A now want how_killed
kills=0 early=0 bad=0

# in_guest NAME: the state of a device that this guest has.
in_guest() {
	echo "pciback qemu:$1 xs:$1"
}
in_vm1=$(in_guest vm1) in_vm2=$(in_guest vm2)

# where: set now[DEVICE] to its driver, and to the guests whose QEMU has it and whose xenstore lists it.
where() {
	local dev name driver backends
	local -A bus=()
	backends=$(xenstore-ls -f /local/domain/0/backend/pci 2>/dev/null)
	for name in vm1 vm2; do
		bus[$name]=$(xl qemu-monitor-command "${ids[$name]}" "info pci")
	done
	for dev in "${devs[@]}"; do
		now[$dev]=''
		for driver in pciback e1000e; do
			[ ! -e "/sys/bus/pci/drivers/$driver/0000:$dev" ] || now[$dev]=$driver
		done
		for name in vm1 vm2; do
			[[ ${bus[$name]} != *"\"pci-pt-${dev/:/_}\""* ]] || now[$dev]+=" qemu:$name"
			[[ ! $backends =~ pci/${ids[$name]}/0/dev-[0-9]+' = "0000:'$dev'"' ]] ||
				now[$dev]+=" xs:$name"
		done
	done
}

# pause MS: with no process.
pause() {
	read -rt "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))" <>/run/lab/never
}

# lines PID: how many lines its journal has, into $count.  No process.
lines() {
	local file
	count=0
	for file in "$journals"/*-"$1"; do
		[ -f "$file" ] || continue
		while read -r; do count=$((count + 1)); done <"$file" 2>/dev/null
	done
}

# stuck COMMAND...: it makes no progress and does not end.
stuck() {
	diag "stuck: $*"
	diag "$(ps -eo pid,ppid,stat,wchan:24,args | grep -v '\]$')"
	ok "no command is stuck" false
	done_testing
}

# killed HOW COMMAND...: run COMMAND, kill it when HOW says: a number of lines of its journal, or
# +MS after the first, or @MS after its start.  Success when it has left a journal.
killed() {
	local how=$1 pid need=1 end=$((SECONDS + 60))
	shift
	case $how in
	@*) need=0 ;;
	+*) ;;
	*) need=$how ;;
	esac
	"$@" >/run/lab/killed.out 2>&1 </dev/null &
	pid=$!
	until lines $pid && [ "$count" -ge "$need" ] || ! kill -0 $pid 2>/dev/null; do
		[ $SECONDS -lt $end ] || stuck "$@"
		pause 10
	done
	[[ $how != [+@]* ]] || pause "${how#?}"
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	[ $? = 137 ] && kills=$((kills + 1)) || early=$((early + 1))
	compgen -G "$journals/*-$pid" >/dev/null
}

# promise STATES DEV...: the devices must be in one of these states, separated by |.
promise() {
	local states=$1 dev
	shift
	for dev; do
		want[$dev]=$states
		how_killed[$dev]=$how
	done
}

# recovered: recover; everything is as promised, and no journal is left.
recovered() {
	local dev wrong=''
	run timeout 90 xvtd recover
	[ $rc != 124 ] || stuck xvtd recover
	where
	for dev in "${devs[@]}"; do
		[[ "|${want[$dev]}|" == *"|${now[$dev]}|"* ]] ||
			wrong+="$dev, killed at ${how_killed[$dev]}: expected ${want[$dev]}, is ${now[$dev]}"$'\n'
	done
	[ -z "$(ls -A $journals)" ] || wrong+="left: $(ls -A $journals)"
	[[ $rc = 0 && -z $wrong ]] && return
	bad=$((bad + 1))
	diag "$wrong"
	show_run
}

# verdict NAME: nothing failed since the last verdict.
verdict() {
	is "$bad" 0 "$1 ($kills killed so far)"
	bad=0
}

# plugged GUEST DEV...: it has seen them, so it will answer when asked to let go.
plugged() {
	local guest=$1 dev
	shift
	for dev; do
		wait_guest_sees "$guest" "${slot[$dev]}" 8086:10d3 >/dev/null || bad=$((bad + 1))
	done
}

# specs DEV...: each in its slot.
specs() {
	local dev
	for dev; do echo "$dev@${slot[$dev]}"; done
}

nap # makes a pipe without a writer
before=$(host_drivers)
# Without a driver a guest is done with a hot-plug at once. This scenario needs no driver there.
for name in vm1 vm2; do ok "$name unloads e1000e" guest_run $name rmmod e1000e; done

for points in "1 2 3 4" "5 +5 +40 +100" "+200 +300 +450 +700"; do
	for dev in "${devs[@]}"; do
		how=${points%% *} points=${points#* }
		promise "e1000e|$in_vm1" "$dev"
		! killed "$how" xvtd assign vm1 "$dev" "${slot[$dev]}" || promise e1000e "$dev"
	done
	recovered
	for dev in "${devs[@]}"; do
		[ "${now[$dev]}" = e1000e ] || xvtd detach vm1 "$dev" --return >/dev/null
	done
done
verdict "assign is undone or finished"

for points in "1 2 3 4" "+20 +150 +400 +700" "5 +60 +250 +1000"; do
	# shellcheck disable=SC2046 # one word for each
	xvtd assign vm1 $(specs "${devs[@]}") >/dev/null || bad=$((bad + 1))
	plugged vm1 "${devs[@]}"
	for dev in "${devs[@]}"; do
		how=${points%% *} points=${points#* }
		killed "$how" xvtd detach vm1 "$dev" --return
		promise e1000e "$dev"
	done
	recovered
done
verdict "detach is finished"

# shellcheck disable=SC2046 # one word for each
xvtd assign vm1 $(specs "${devs[@]}") >/dev/null
where
for points in "3 4 5 6" "+150 +500 +900 7" "2 +300 1 +1300"; do
	for dev in "${devs[@]}"; do
		how=${points%% *} points=${points#* }
		[ "${now[$dev]}" = "$in_vm1" ] && from=vm1 to=vm2 || from=vm2 to=vm1
		plugged "$from" "$dev"
		killed "$how" xvtd switch "$dev" "$from" "$to" "${slot[$dev]}"
		promise "$in_vm1|$in_vm2" "$dev"
	done
	recovered
done
verdict "switch is finished or undone"

one=("${devs[@]:0:2}") two=("${devs[@]:2:2}")
for dev in "${one[@]}"; do [ "${now[$dev]}" = "$in_vm1" ] || xvtd switch "$dev" vm2 vm1 "${slot[$dev]}"; done >/dev/null
for dev in "${two[@]}"; do [ "${now[$dev]}" = "$in_vm2" ] || xvtd switch "$dev" vm1 vm2 "${slot[$dev]}"; done >/dev/null
i=0
for points in "1 2 1 2" "5 6 3 4" "7 +600 1 +50" "2 +1000 +200 +500" "6 +300 4 +100"; do
	read -ra how_many <<<"$points"
	plugged vm1 "${one[@]}"
	plugged vm2 "${two[@]}"
	how=${how_many[0]}
	killed "$how" xvtd eject vm1
	promise pciback "${one[@]}"
	how=${how_many[1]}
	killed "$how" xvtd eject vm2
	promise pciback "${two[@]}"
	recovered
	# Every other time restore has to take them from their drivers first.
	[ $((i++ % 2)) = 0 ] || xvtd assignable remove "${devs[@]}" >/dev/null || bad=$((bad + 1))
	how=${how_many[2]}
	killed "$how" xvtd restore vm1
	promise "$in_vm1" "${one[@]}"
	how=${how_many[3]}
	killed "$how" xvtd restore vm2
	promise "$in_vm2" "${two[@]}"
	# recover may be killed too.
	[ $((i % 2)) = 0 ] || killed @900 xvtd recover
	recovered
done
verdict "eject and restore are finished"

for name in vm1 vm2; do ok "$name loads e1000e again" guest_run $name 'insmod $(grep /e1000e.ko /modules/order)'; done
diag "$kills commands were killed, $early had ended before"
ok "50 or more commands were killed" test $kills -ge 50
exits 0 "vm1 returns its devices" xvtd detach vm1 "${one[@]}" --return
exits 0 "vm2 returns its devices" xvtd detach vm2 "${two[@]}" --return
is "$(host_drivers)" "$before" "dom0's drivers have their devices again"
is "$(host_overrides)" "" "no override is left"
is "$(ls -A /var/lib/xvtd)" journal "no manifest is left"
is "$(xenstore-ls -f /libxl/pci 2>/dev/null | grep -- '-00-0/')" "" "no record is left"
is "$(xvtd assignable list)" "" "pciback has no device"
done_testing
