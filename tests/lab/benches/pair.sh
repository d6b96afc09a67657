# shellcheck shell=bash
# `xvtd migrate` beside a script of xl commands, between two hosts, there and back: how long the
# guest is without its two devices, less what xl migrate itself takes. For xvtd from the moment when
# it has looked at everything and begins; for xl less one start of xl.
. /lab/dom0/lib.sh
. /lab/dom0/pair.sh
. /lab/benches/compare.sh
pair_join 1

rounds=$(cat /lab/rounds 2>/dev/null || echo 3)
dir=/run/lab/bench
mkdir -p $dir

# The guest itself travels without encryption, which takes minutes under emulation; what is
# measured goes by ssh, for both.
cat >/run/lab/rsh <<'EOF'
#!/bin/sh
# HOST COMMAND...
[ "$2" = xl ] || exec ssh "$@"
exec socat -b 65536 - "TCP:$1:9001"
EOF

# With xl: the devices are assignable there already.
cat >/run/lab/by-xl <<'EOF'
#!/bin/bash
# HOST
t0=${EPOCHREALTIME/./}
xl pci-detach vm1 02:00.0 && xl pci-detach vm1 07:00.0 || exit 1
t1=${EPOCHREALTIME/./}
xl migrate -s "sh /run/lab/rsh" vm1 "$1" || exit 1
t2=${EPOCHREALTIME/./}
ssh -n "$1" "xl pci-attach vm1 02:00.0@7 && xl pci-attach vm1 07:00.0@8" || exit 1
t3=${EPOCHREALTIME/./}
echo "took $(((t1 - t0 + t3 - t2) / 1000)) $(((t1 - t0) / 1000)) $(((t3 - t2) / 1000))"
EOF

cat >/run/lab/by-xvtd <<'EOF'
#!/bin/bash
# HOST
json=$(xvtd --json migrate vm1 "$1" --rsh "sh /run/lab/rsh") || exit 1
out=$(sed -n 's/.*"eject_ms": \([0-9]*\).*/\1/p' <<<"$json")
back=$(sed -n 's/.*"restore_ms": \([0-9]*\).*/\1/p' <<<"$json")
echo "took $((out + back)) $out $back"
EOF

for file in rsh by-xl by-xvtd; do peer_put /run/lab/$file </run/lab/$file; done
listen='socat -b 65536 TCP-LISTEN:9001,reuseaddr,fork EXEC:"xl migrate-receive" </dev/null >/run/lab/socat.log 2>&1 &'
eval "$listen"
peer "$listen"
peer "mkdir -p $LAB_GUESTS/vm1; cd $LAB_GUESTS/vm1 && mkfifo ctl.in ctl.out
	xl pci-assignable-add 02:00.0; xl pci-assignable-add 07:00.0" >/dev/null 2>&1
xvtd assign vm1 02:00.0@7 07:00.0@8 >/dev/null

# sees there|here: the guest drives both.
sees() {
	local slot
	for slot in 07 08; do
		if [ "$1" = there ]; then
			peer ". /lab/dom0/lib.sh; wait_guest_sees vm1 $slot 8086:10d3:020000:e1000e" || return 1
		else
			wait_guest_sees vm1 $slot 8086:10d3:020000:e1000e || return 1
		fi
	done
} >/dev/null

# go there|here TOOL: one migration; its times as lines of files.
lost=0
go() {
	local took total out back
	if [ "$1" = there ]; then
		took=$(bash "/run/lab/by-$2" host2 2>/run/lab/go.err | grep '^took')
	else
		took=$(peer bash "/run/lab/by-$2" host1 2>/run/lab/go.err | grep '^took')
	fi
	read -r _ total out back <<<"$took"
	if [ -z "$back" ] || ! sees "$1"; then
		lost=1
		diag "$2 $1: $(tail -n 3 /run/lab/go.err)"
		return 1
	fi
	if [ "$2" = xl ]; then
		timed $dir/start xl help
		total=$((total - $(tail -n 1 $dir/start))) out=$((out - $(tail -n 1 $dir/start)))
	fi
	echo "$total" >>"$dir/$2"
	echo "$out" >>"$dir/$2.out"
	echo "$back" >>"$dir/$2.back"
}

# The floor: the guest's own time when both are removed at once, libxl's after that,
# and two attaches without xl's start.
floor() {
	local bdf slot
	ask 02:00.0 07:00.0
	timed $dir/guest both_gone
	for bdf in 02:00.0 07:00.0; do timed $dir/tidy xl pci-detach -f vm1 $bdf; done
	for slot in 02:00.0@7 07:00.0@8; do timed $dir/attach xl pci-attach vm1 $slot; done
	sees here
}
both_gone() {
	wait_guest_gone vm1 07 && wait_guest_gone vm1 08
}

sees here || lost=1
for ((i = 1; i <= rounds && !lost; i++)); do
	echo "| round $i of $rounds"
	tools=(xvtd xl)
	[ $((i % 2)) = 1 ] || tools=(xl xvtd)
	go there "${tools[0]}" && go here "${tools[1]}" && { floor || lost=1; }
done

echo "|"
echo "| medians of $rounds rounds                              xvtd         xl      ratio"
if [ $lost = 0 ]; then
	compare "(f) migrate: time without devices, less xl's" ms $dir/xvtd $dir/xl 0.60
	awk -v g="$(median $dir/guest)" -v t="$(median $dir/tidy)" -v a="$(median $dir/attach)" \
		-v s="$(median $dir/start)" -v xl="$(median $dir/xl)" 'BEGIN {
		f = g + 2 * (t - s) + 2 * (a - s)
		printf "| floor of (f): guest, libxl, two attaches        %7d ms %19s %5.2f\n", f, "", f / xl }'
	for tool in xvtd xl; do
		diag "$tool: out $(median $dir/$tool.out), back $(median $dir/$tool.back) ms"
	done
fi
echo "|"
is $lost 0 "no migration failed on the way"
done_testing
