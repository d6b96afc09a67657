# shellcheck shell=bash
# Functions that the benches share.

# timed FILE COMMAND...: write COMMAND's milliseconds as a line to FILE; returns its exit code.
timed() {
	local file=$1 begin end rc
	shift
	begin=${EPOCHREALTIME/./}
	"$@" >/run/lab/bench.out 2>&1 </dev/null
	rc=$?
	end=${EPOCHREALTIME/./}
	[ $rc = 0 ] || {
		diag "$* : exit $rc"
		diag "$(tail -n 3 /run/lab/bench.out)"
		return 1
	}
	echo $(((end - begin) / 1000)) >>"$file"
}

# ask FUNCTION...: order QEMU to unplug all of them at once.
ask() {
	local bdf
	for bdf in "$@"; do
		bdf=${bdf#0000:}
		xl qemu-monitor-command vm1 "device_del pci-pt-${bdf//:/_}" >/dev/null
	done
}

median() {
	sort -n "$1" | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'
}

# least FILE: the least value, for a floor: a time that was reached once can be reached always.
least() {
	sort -n "$1" | head -n 1
}

# compare WHAT UNIT FILE_XVTD FILE_XL TARGET
compare() {
	local ours theirs
	ours=$(median "$3") theirs=$(median "$4")
	awk -v what="$1" -v unit="$2" -v a="$ours" -v b="$theirs" -v t="$5" 'BEGIN {
		printf "| %-44s %7d %s %7d %s   %5.2f  (at most %.2f)\n", what, a, unit, b, unit, a / b, t
		exit !(a / b <= t)
	}'
	result $? "$1: ratio at most $5"
	diag "xvtd: $(sort -n "$3" | tr '\n' ' ')"
	diag "xl:   $(sort -n "$4" | tr '\n' ' ')"
}
