# shellcheck shell=bash
# Library for scenarios: TAP, running commands, devices. Guests: guest.sh.
#
#   . /lab/dom0/lib.sh
#   run xl pci-attach vm1 02:00.0@7
#   is "$rc" 0 "attached"
#   wait_guest_sees vm1 07 8086:10d3 && ok "the guest sees it"
#   done_testing

set -u
: "${LAB_GUESTS:=/run/lab/guests}"
lab_tests=0
lab_failed=0
read -r lab_cmdline </proc/cmdline
lab_boot=${lab_cmdline##*lab.boot=}  # the number of the boot, in a scenario with several
lab_boot=${lab_boot%% *}

# shellcheck source=tests/lab/dom0/guest.sh
. "${BASH_SOURCE[0]%/*}/guest.sh"
# shellcheck source=tests/lab/dom0/state.sh
. "${BASH_SOURCE[0]%/*}/state.sh"

# ---- TAP ----

# result RC NAME: "ok" when RC is 0.
result() {
	lab_tests=$((lab_tests + 1))
	if [ "$1" = 0 ]; then
		echo "ok $lab_tests - $2"
		return 0
	fi
	echo "not ok $lab_tests - $2"
	lab_failed=$((lab_failed + 1))
	return 1
}

# diag TEXT...: a comment in the TAP stream, one for each line of TEXT.
diag() {
	local text="$*"
	echo "# ${text//$'\n'/$'\n'# }"
}

# ok NAME [COMMAND...]: COMMAND succeeds (without one: pass).
ok() {
	local name=$1 rc=0
	shift
	[ $# = 0 ] || "$@" || rc=1
	result $rc "$name"
}

# not_ok NAME [COMMAND...]: COMMAND fails (without one: fail).
not_ok() {
	local name=$1 rc=1
	shift
	[ $# = 0 ] || "$@" || rc=0
	result $rc "$name"
}

# is GOT WANT NAME: equal strings.
is() {
	[ "$1" = "$2" ]
	result $? "$3" && return
	diag "got:  '$1'"
	diag "want: '$2'"
	return 1
}

# isnt GOT UNWANTED NAME: different strings.
isnt() {
	[ "$1" != "$2" ]
	result $? "$3" && return
	diag "got:  '$1', which it should not be"
	return 1
}

# like GOT REGEX NAME: GOT (all its lines) matches the extended regex.
like() {
	[[ $1 =~ $2 ]]
	result $? "$3" && return
	diag "got:   '$1'"
	diag "regex: $2"
	return 1
}

# unlike GOT REGEX NAME
unlike() {
	! [[ $1 =~ $2 ]]
	result $? "$3" && return
	diag "got:   '$1'"
	diag "should not match: $2"
	return 1
}

# skip NAME REASON: one test that cannot be done here.
skip() {
	lab_tests=$((lab_tests + 1))
	echo "ok $lab_tests - $1 # SKIP $2"
}

# done_testing: the last line of every scenario; without it the scenario fails.
done_testing() {
	echo "1..$lab_tests"
	exit 0
}

# ---- running commands ----

# run COMMAND...: sets $out, $err (trailing newlines cut) and $rc; returns 0. It starts no process
# but COMMAND: under emulation each one takes as long as the command itself.
run() {
	local file
	run_depth=$((run_depth + 1)) # the command can be a function that runs another
	file=${LAB_RUN:-/run/lab}/run.$BASHPID.$run_depth
	"$@" >"$file.out" 2>"$file.err" </dev/null
	rc=$?
	out=$(<"$file.out")
	err=$(<"$file.err")
	run_depth=$((run_depth - 1))
	cmd="$*"
	case " $cmd :$out" in *' --json '*:\{*) keep_document "$@" ;; esac
}
run_depth=0

# keep_document WORDS...: keep the output for docs/schema/validate at the end of the run.
keep_document() {
	local IFS=$'\037'
	printf '\036%s\035%s\035%s\n' "$*" "$rc" "$out" >>/run/lab/documents
}

# show_run: the last run as TAP comments, for the reader of a failure.
show_run() {
	diag "\$ $cmd   (exit $rc)"
	[ -z "$out" ] || diag "$out"
	[ -z "$err" ] || diag "stderr: $err"
}

# exits CODE NAME COMMAND...: run it and compare its exit code.
exits() {
	local want=$1 name=$2
	shift 2
	run "$@"
	[ "$rc" = "$want" ]
	result $? "$name" && return
	diag "want exit $want"
	show_run
	return 1
}

# nap: sleep 0.2 s without starting a process.
nap() {
	[ -p /run/lab/never ] || mkfifo /run/lab/never 2>/dev/null
	read -rt 0.2 <>/run/lab/never || :
}

# await SECONDS COMMAND...: repeat COMMAND until it succeeds; returns 1 at the limit.
await() {
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		nap
	done
}

# ---- devices ----

# bdf_full BDF: 2:0.0 or 02:00.0 -> 0000:02:00.0
bdf_full() {
	case $1 in
	*:*:*) echo "$1" ;;
	*) echo "0000:$1" ;;
	esac
}

# driver BDF: the name of its driver, or nothing.
driver() {
	local link
	link=$(readlink "/sys/bus/pci/devices/$(bdf_full "$1")/driver") || return 0
	echo "${link##*/}"
}

# native_driver BDF: the driver it had when dom0 came up, or nothing.
native_driver() {
	sed -n "s/^$(bdf_full "$1") //p" /run/lab/baseline.drivers
}

# net_of BDF: the name of its network interface, or nothing.
net_of() {
	local dir
	for dir in "/sys/bus/pci/devices/$(bdf_full "$1")"/net/*; do
		[ ! -e "$dir" ] || echo "${dir##*/}"
	done
}
