# shellcheck shell=bash
# xvtd beside xl, in one boot, taking turns. Prints medians, ratios, targets.
. /lab/dom0/lib.sh
. /lab/benches/compare.sh

rounds=$(cat /lab/rounds 2>/dev/null || echo 5)
one=0000:02:00.0
four=(0000:01:00.0 0000:02:00.0 0000:07:00.0 0000:08:00.0)
eight=("${four[@]}" 0000:09:00.0 0000:09:00.1 0000:04:01.0 0000:04:02.0)

# must COMMAND...: run a command that is not measured and must succeed.
must() {
	"$@" >/run/lab/bench.out 2>&1 </dev/null && return
	diag "$* : $(tail -n 3 /run/lab/bench.out)"
	lost=1
}

# memory FILE COMMAND...: write COMMAND's peak resident size in KiB as a line to FILE.
memory() {
	local file=$1
	shift
	/usr/bin/time -o /run/lab/bench.rss -f %M "$@" >/run/lab/bench.out 2>&1 </dev/null || return 1
	tail -n 1 /run/lab/bench.rss >>"$file"
}

# sum FILE FILE_A FILE_B: write the time of two commands together as a line to FILE.
sum() {
	echo $(($(tail -n 1 "$2") + $(tail -n 1 "$3"))) >>"$1"
}

xl_detach_four() {
	local bdf
	for bdf in "${four[@]}"; do xl pci-detach vm1 "$bdf" || return 1; done
}

guest_lets_go() {
	for slot in 10 11 12 13; do wait_guest_gone vm1 $slot || return 1; done
}

xvtd_out_and_in() {
	xvtd eject vm1 && xvtd restore vm1
}

xl_out_and_in() {
	local slot=10 bdf
	xl_detach_four || return 1
	for bdf in "${four[@]}"; do
		xl pci-attach vm1 "$bdf@$slot" || return 1
		slot=$((slot + 1))
	done
}

# The floor of attaching four: libxl's own work, at once.  Each xl needs its start.
xl_attach_together() {
	local slot=10 bdf pids=() rc=0
	for bdf in "${four[@]}"; do
		xl pci-attach vm1 "$bdf@$slot" &
		pids+=($!)
		slot=$((slot + 1))
	done
	for bdf in "${pids[@]}"; do wait "$bdf" || rc=1; done
	return $rc
}

# in_slots SLOT...: the guest has something in each of them, and drives it where it can.
in_slots() {
	local slot
	for slot; do wait_guest_sees vm1 "$slot" "" 60 || return 1; done
	for slot; do
		[[ $(guest_sees vm1 "$slot") != 8086:10d3:* ]] ||
			wait_guest_sees vm1 "$slot" 8086:10d3:020000:e1000e 60 || return 1
	done
} >/dev/null

# out_of_slots SLOT...
out_of_slots() {
	local slot
	for slot; do wait_guest_gone vm1 "$slot" 60 >/dev/null || return 1; done
}

# back: detach the one device, and return it to its native driver.
back() {
	wait_guest_sees vm1 07 8086:10d3:020000:e1000e >/dev/null
	xl pci-detach vm1 "$one" && xl pci-assignable-remove -r "$one"
	wait_guest_gone vm1 07
} >/dev/null 2>&1

dir=/run/lab/bench
mkdir -p "$dir"
lost=0
for ((i = 1; i <= rounds; i++)); do
	echo "| round $i of $rounds"
	timed $dir/a.xvtd xvtd assign vm1 "$one" 7 || lost=1
	back || lost=1
	timed $dir/add xl pci-assignable-add "$one" || lost=1
	timed $dir/attach xl pci-attach vm1 "$one@7" || lost=1
	sum $dir/a.xl $dir/add $dir/attach
	timed $dir/start xl help
	back || lost=1

	memory $dir/c.xvtd xvtd assign vm1 "$one" 7 || lost=1
	back || lost=1
	xl pci-assignable-add "$one" >/dev/null 2>&1
	memory $dir/c.xl xl pci-attach vm1 "$one@7" || lost=1
	back || lost=1

	for tool in xvtd xl floor; do
		slot=10
		for bdf in "${four[@]}"; do
			xvtd assign vm1 "$bdf" $slot >/dev/null 2>&1 || lost=1
			wait_guest_sees vm1 $slot 8086:10d3:020000:e1000e >/dev/null || lost=1
			slot=$((slot + 1))
		done
		if [ $tool = xvtd ]; then
			timed $dir/b.xvtd xvtd detach vm1 "${four[@]}" || lost=1
		elif [ $tool = xl ]; then
			timed $dir/b.xl xl_detach_four || lost=1
		else
			# The floor: the guest's own time, and libxl's after that.
			ask "${four[@]}"
			timed $dir/b.guest guest_lets_go || lost=1
			for bdf in "${four[@]}"; do timed $dir/b.tidy xl pci-detach -f vm1 "$bdf" || lost=1; done
			timed $dir/d.attach xl_attach_together || lost=1
			in_slots 10 11 12 13 || lost=1
			must xvtd detach vm1 "${four[@]}"
		fi
		for slot in 10 11 12 13; do wait_guest_gone vm1 $slot >/dev/null || lost=1; done
		for bdf in "${four[@]}"; do xl pci-assignable-remove -r "$bdf" >/dev/null 2>&1; done
	done

	# The same four: xvtd attaches them, then each program detaches and attaches them.
	must xvtd assign vm1 "${four[0]}@10" "${four[1]}@11" "${four[2]}@12" "${four[3]}@13"
	in_slots 10 11 12 13 || lost=1
	timed $dir/d.xvtd xvtd_out_and_in || lost=1
	in_slots 10 11 12 13 || lost=1
	timed $dir/d.xl xl_out_and_in || lost=1
	in_slots 10 11 12 13 || lost=1
	must xvtd detach vm1 "${four[@]}" --return
	out_of_slots 10 11 12 13 || lost=1

	# Detach eight, and one.
	must xvtd assign vm1 "${eight[@]}"
	slots=$(xvtd pci-list vm1 | sed -n 's/^0x\(..\) .*/\1/p')
	# shellcheck disable=SC2086 # one word for each slot
	in_slots $slots || lost=1
	timed $dir/e.eight xvtd eject vm1 || lost=1
	# shellcheck disable=SC2086
	out_of_slots $slots || lost=1
	rm -f /var/lib/xvtd/*.json
	must xvtd assignable remove "${eight[@]}"
	must xvtd assign vm1 "$one" 7
	in_slots 07 || lost=1
	timed $dir/e.one xvtd eject vm1 || lost=1
	out_of_slots 07 || lost=1
	rm -f /var/lib/xvtd/*.json
	must xvtd assignable remove "$one"
done

echo "|"
echo "| medians of $rounds rounds                              xvtd         xl      ratio"
compare "(a) assign / pci-assignable-add + pci-attach" ms $dir/a.xvtd $dir/a.xl 0.9
compare "(b) detach four in one / four pci-detach" ms $dir/b.xvtd $dir/b.xl 0.40
compare "(c) peak memory of assign / pci-attach" kB $dir/c.xvtd $dir/c.xl 1.2
compare "(d) eject + restore of four / xl one by one" ms $dir/d.xvtd $dir/d.xl 0.50
compare "(e) eject of eight / of one" ms $dir/e.eight $dir/e.one 2.50
add=$(least $dir/add) attach=$(least $dir/attach) start=$(least $dir/start)
awk -v a="$add" -v b="$attach" -v s="$start" -v xl="$(median $dir/a.xl)" 'BEGIN {
	printf "| floor of (a): xl\x27s two commands in one start    %7d ms %19s %5.2f\n", a + b - s, "", (a + b - s) / xl }'
awk -v g="$(least $dir/b.guest)" -v t="$(least $dir/b.tidy)" -v s="$start" -v xl="$(median $dir/b.xl)" 'BEGIN {
	f = s + g + 4 * (t - s)
	printf "| floor of (b): start, guest, libxl after it    %7d ms %19s %5.2f\n", f, "", f / xl }'
# Four at a time: libxl's time limit allows no more.
awk -v g="$(least $dir/b.guest)" -v t="$(least $dir/b.tidy)" -v s="$start" -v one="$(median $dir/e.one)" 'BEGIN {
	f = s + 2 * (g + t - s)
	printf "| floor of (e): start, the guest twice, libxl twice %7d ms %18s %5.2f\n", f, "", f / one }'
diag "start $start, pci-assignable-add $add, pci-attach $attach, the guest lets go of four $(least $dir/b.guest), forced pci-detach after it $(least $dir/b.tidy) ms"
awk -v g="$(least $dir/b.guest)" -v t="$(least $dir/b.tidy)" -v a="$(least $dir/d.attach)" -v s="$start" -v xl="$(median $dir/d.xl)" 'BEGIN {
	f = 2 * s + g + 4 * (t - s) + a - 4 * s
	printf "| floor of (d): two starts, the same, libxl\x27s attach %5d ms %19s %5.2f\n", f, "", f / xl }'
echo "|"
is $lost 0 "no operation failed on the way"
done_testing
