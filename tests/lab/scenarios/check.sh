# machine: base
# guests: vm1
# core: yes
# weight: 35
# timeout: 400
#
# check on a fit host and on others: it finds each problem, and no longer finds it after its own
# remedy was typed.
. /lab/dom0/lib.sh

bdf=0000:02:00.0

# remedy NAME ARGUMENT...: check's remedy for the finding of that name.
remedy() {
	local name=$1
	shift
	xvtd --json check "$@" 2>/dev/null |
		jq -r --arg name "$name" 'first(.checks[] | select(.name == $name and .status != "ok") | .remedy) // ""'
}

# mended NAME TEXT ARGUMENT...: check finds the problem, and not after its remedy was typed.
mended() {
	local name=$1 text=$2 fix
	shift 2
	fix=$(remedy "$name" "$@")
	isnt "$fix" "" "$text is found"
	diag "$fix"
	ok "its remedy can be typed" eval "${fix##*, or: }"
	is "$(remedy "$name" "$@")" "" "and then it is gone"
}

exits 0 "the host is fit" xvtd check
like "$out" "ok +host +HVM, VT-d in the firmware, on in Xen 4\.(17|20)\.[0-9a-z-]+, interrupt remapping, xen-pciback loaded" "in one line"
unlike "$out" "warn|fail" "with nothing else to say"
exits 0 "a guest and a device" xvtd check vm1 2:0.0
like "$out" "ok +vm1 +HVM, it has an IOMMU, [0-9]+ free slots" "the guest"
like "$out" "ok +$bdf +dom0 does not use it, alone in its group, reset by" "and the device"
exits 0 "by a name of its own" xvtd --json check --domain=vm1 2:0.0
is "$(jq -r '[.ok, (.checks | map(keys | join(" ")) | unique[])] | join(" ")' <<<"$out")" \
	"true message name object remedy status" "as JSON, with the keys that scripts use"

echo vfio-pci >"/sys/bus/pci/devices/$bdf/driver_override"
mended override "a driver_override that was left" 2:0.0
xenstore-write /libxl/pci/0000-02-00-0/domid 77
mended leftover "a record of a domain that never was"

eth=$(net_of $bdf)
ip address add 192.0.2.1/24 dev "$eth"
exits 1 "a device that dom0 uses" xvtd check vm1 2:0.0
sentence=$(jq -r '.checks[] | select(.status == "fail") | .message' < <(xvtd --json check vm1 2:0.0 2>/dev/null))
exits 3 "is refused by assign" xvtd assign vm1 2:0.0 7
like "$err" "$bdf: ${sentence//[()]/.}" "with the same sentence"
ip address flush dev "$eth"
exits 0 "free again, it is fine" xvtd check vm1 2:0.0

exits 0 "vm1 gets it" xvtd assign vm1 2:0.0 7
exits 1 "nobody else could have it" xvtd check 2:0.0
like "$out" "it belongs to 'vm1'" "since vm1 has it"
fix=$(remedy owned 2:0.0)
exits 0 "vm1 itself is fine with it" xvtd check vm1 2:0.0
like "$out" "attached to vm1 at 0x07" "at slot 7"
cp /etc/default/xendomains /run/lab/xendomains
mended xendomains "a guest that xendomains would save with its device" vm1
cp /run/lab/xendomains /etc/default/xendomains
ok "vm1 is told to let go as check says" eval "${fix#*: }"
exits 0 "and then anybody could have it" xvtd check 2:0.0
exits 0 "back" xvtd assignable remove 2:0.0

exits 0 "vm1 gets a device as permissive" xvtd assign vm1 1:0.0 8 --permissive
run xvtd check --explain vm1
like "$out" "why: pciback lets a guest write only" "check says why that matters"
unlike "$out" "ATS|PV guest" "and finds no other weakness"
mended permissive "a permissive device" vm1
exits 0 "it comes back" xvtd detach vm1 1:0.0 --return

xl pause vm1
mended paused "a guest that is paused" vm1
exits 1 "dom0's own disk" xvtd check 0:3.0
exits 1 "a bridge" xvtd check 0:1c.0
exits 1 "one of two that cannot part" xvtd check vm1 4:1.0
like "$out" "0000:04:02.0" "names the other"
exits 0 "both together can" xvtd check vm1 4:1.0 4:2.0

exits 0 "a report" xvtd report /run/lab/report.tar.gz
show_run
mkdir /run/lab/report
ok "it is a tar" tar -xzf /run/lab/report.tar.gz -C /run/lab/report --strip-components=1
rm /run/lab/report.tar.gz
report=/run/lab/report
is "$(jq -r '.checks[0].object' $report/check.json)" host "with what check says"
like "$(<$report/xen-log.txt)" "Xen version" "with Xen's log"
like "$(<$report/xenstore-libxl.txt)" "/libxl/pci" "with libxl's records"
is "$(grep -rlE '\bvm1\b|52:54:00' $report)" "" "without names of guests and MAC addresses"
is "$(xvtd --root $report/host groups)" "$(xvtd groups)" "and with a host that xvtd can read"

guest_create alone -passthrough || diag "the guest without passthrough did not start"
exits 1 "a guest without an IOMMU" xvtd check alone
like "$out" 'fix: put passthrough = "enabled" into its cfg' "with the line that is missing"
exits 6 "is refused by assign" xvtd assign alone 2:0.0
guest_destroy alone
done_testing
