# machine: base
# guests: vm1
# weight: 180
# timeout: 900
#
# libxvtd: the programs of docs/plugin.md, in C and in Python. The library leaves their process as
# it was.
. /lab/dom0/lib.sh

# back: the device is dom0's again, and vm1 has none.
back() {
	is "$(driver 02:00.0) $(xl pci-list vm1)" "e1000e " "the device is back"
}

like "$(ldd /lab/plugin/example)" 'libxvtd.so.0 => /' "the C program is linked with libxvtd"

exits 0 "the C program of docs/plugin.md" /lab/plugin/example vm1 02:00.0 7
like "$out" 'assign: take 0000:02:00.0 from driver e1000e' "the program gets the first step"
like "$out" 'assign: attach 0000:02:00.0' "the program gets the second step"
like "$out" '0000:02:00.0 done: attached to vm1 at 0x07' "the program assigns the device"
like "$out" 'has 0000:02:00.0 at 0x07' "the program lists the device"
like "$out" '0000:02:00.0 done: returned to driver e1000e' "the program detaches the device"
is "$err" "" "nothing on stderr"
back
is "$(xvtd --json recover | jq -c .results)" "[]" "nothing is left over"

exits 3 "a refusal has the command's code" /lab/plugin/example vm1 00:03.0 7
like "$err" '\(in-use\)' "a refusal has the command's kind"
like "$err" 'hint: ' "a refusal has a hint"
exits 4 "exit 4 for a guest that is not there" /lab/plugin/example vm9 02:00.0 7

exits 0 "the Python program of docs/plugin.md" python3 /lab/plugin/example.py vm1 02:00.0 7
is "$out" "attached to vm1 at 0x07
0000:02:00.0
returned to driver e1000e" "it assigns, lists and detaches"
back

# Read a plan, apply it, roll it back, and get its events.
cat >/run/lab/more.py <<'END'
import select, sys
sys.argv = ["example.py", "vm1", "02:00.0", "7"]
source = open("/lab/plugin/example.py").read()
exec(source[:source.index("guest, device, slot")])
lib.xvtd_plan_read.argtypes = [pointer, ctypes.POINTER(pointer)]
lib.xvtd_plan_roll_back.argtypes = lib.xvtd_plan_apply.argtypes
lib.xvtd_events_new.argtypes = [pointer, ctypes.POINTER(pointer)]
lib.xvtd_events_fd.argtypes = lib.xvtd_events_free.argtypes = [pointer]
lib.xvtd_events_next.argtypes = [pointer, ctypes.POINTER(pointer)]
events, plan, doc = pointer(), pointer(), pointer()
document(lib.xvtd_events_new(ctx, events), None)


def wait_event(kind):
    while True:
        doc = pointer()
        found = document(lib.xvtd_events_next(events, doc), doc)
        if found and found["event"] == kind:
            return print(kind, found["bdf"])
        if not found and not select.select([lib.xvtd_events_fd(events)], [], [], 30)[0]:
            return


document(lib.xvtd_plan_new(ctx, b"assign", words("vm1", "02:00.0", "7"), None, plan), None)
print(",".join(s["step"] for s in document(lib.xvtd_plan_read(plan, doc), doc)["plan"]))
doc = pointer()
print(document(lib.xvtd_plan_apply(plan, None, None, None, doc), doc)["results"][0]["status"])
wait_event("attached")
doc = pointer()
print(document(lib.xvtd_plan_roll_back(plan, None, None, None, doc), doc)["results"][0]["status"])
wait_event("detached")
lib.xvtd_plan_free(plan)
lib.xvtd_events_free(events)
lib.xvtd_free(ctx)
END
exits 0 "Python reads, applies and rolls back a plan, and gets events" python3 /run/lab/more.py
is "$out" "make-assignable,attach
done
attached 0000:02:00.0
undone
detached 0000:02:00.0" "results and events come in this order"
back

# Python cancels a removal long before its timeout; the paused guest does not acknowledge it.
exits 0 "vm1 gets a device" xvtd assign vm1 02:00.0 7
ok "the guest sees it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
xl pause vm1
cat >/run/lab/cancel.py <<'END'
import sys, time
sys.argv = ["example.py", "vm1", "02:00.0", "7"]
source = open("/lab/plugin/example.py").read()
exec(source[:source.index("guest, device, slot")])
plan, doc, begun = pointer(), pointer(), time.monotonic()
asked = ctypes.CFUNCTYPE(ctypes.c_int, pointer)(lambda user: time.monotonic() > begun + 3)
document(lib.xvtd_plan_new(ctx, b"detach", words("vm1", "02:00.0"), words("timeout=300"), plan), None)
code = lib.xvtd_plan_apply(plan, None, ctypes.cast(asked, pointer), None, doc)
print(code, "in time" if time.monotonic() < begun + 120 else "too late")
lib.xvtd_plan_free(plan)
END
exits 0 "Python cancels a removal" python3 /run/lab/cancel.py
is "$out" "5 in time" "the removal ends in time, with exit 5"
xl unpause vm1
ok "the unpaused guest lets go" wait_guest_gone vm1 07
exits 0 "detach --return finishes the removal" xvtd detach vm1 02:00.0 --return
back

# Trace the caller's own process alone: its children are xvtd.
strace -o /run/lab/strace -e trace=process,signal,mount,umount2,unshare,setitimer,timer_create,write \
	/lab/plugin/example vm1 02:00.0 7 >/dev/null
# libxenstore ignores SIGPIPE while it writes, and restores the former action.
unlike "$(grep -v 'rt_sigaction(SIGPIPE' /run/lab/strace)" '(rt_sigaction|unshare|mount|umount2|setitimer|timer_create)\(' \
	"no signal handler, mount namespace or timer in the caller's process"
unlike "$(</run/lab/strace)" '(^|[^v])fork\(|write\(2,' "no fork, no output"
like "$(grep -c 'exit_group(0)' /run/lab/strace)" '^1$' "one exit, the caller's own"
back
done_testing
