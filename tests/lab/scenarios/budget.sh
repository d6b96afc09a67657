# machine: base
# guests: vm1
# weight: 150
# timeout: 600
#
# What commands cost, counted: system calls and xenstore round trips, beside one guest and beside
# sixteen.  Times differ from machine to machine, these do not.  A count that exceeds its budget
# fails; the budgets are 10 % above what was seen when they were set.
. /lab/dom0/lib.sh

# counted NAME COMMAND...: sets $calls and $trips.  The calls of waiting are left out: their
# number is that of the looks at a clock or at who has not answered yet.
counted() {
	local name=$1 trace=/run/lab/trace
	shift
	exits 0 "$name" strace -f -yy -s 0 -o "$trace" "$@"
	grep -vE '^[0-9]+ +(p?poll|p?poll_time64|select|pselect6|clock_[a-z]+|nanosleep|restart_syscall|wait4|waitid|[+-])' "$trace" >"$trace.work"
	calls=$(wc -l <"$trace.work")
	# A request begins with a header of 16 bytes (xen/io/xs_wire.h, struct xsd_sockmsg).
	trips=$(grep -cE '(write|sendmsg|writev)\([0-9]+<(UNIX[^>]*xenstored|/dev/xen/xenbus)' "$trace.work")
	diag "$name: $calls system calls, $trips xenstore writes"
	cp "$trace.work" "/run/lab/trace.$1.$name"
	sed -E 's/^[0-9]+ +//; s/\(.*//' "$trace.work" | sort | uniq -c | sort -rn | head -12 | while read -r l; do diag "  $l"; done
}

commands() {
	counted "dry$1" xvtd --dry-run assign vm1 2:0.0 7
	counted "assign$1" xvtd assign vm1 2:0.0 7
	counted "list$1" xvtd list
	counted "check$1" xvtd check vm1
	counted "detach$1" xvtd detach vm1 2:0.0
}
exits 0 "in pciback" xvtd assignable add 2:0.0
commands 1
commands 1b
for n in {1..16}; do
	guest_create "n$n" 'type = "pv"' 'memory = 40' 'extra = "console=hvc0"' -vga -vnc -passthrough
	xl pause "n$n"
done
commands 16
exits 0 "back" xvtd assignable remove 2:0.0
guest_destroy n{1..16}
done_testing
