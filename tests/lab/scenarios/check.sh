# machine: base
# guests: vm1
# core: yes
# weight: 35
# timeout: 400
#
# xvtd check on a fit host and on others. It finds each problem, and does not find it after its own
# remedy.
. /lab/dom0/lib.sh

bdf=0000:02:00.0

# remedy NAME ARGUMENT...: check's remedy for the finding of that name.
remedy() {
	local name=$1
	shift
	xvtd --json check "$@" 2>/dev/null |
		jq -r --arg name "$name" 'first(.checks[] | select(.name == $name and .status != "ok") | .remedy) // ""'
}

# mended NAME TEXT ARGUMENT...: check finds the problem, and does not after its remedy.
mended() {
	local name=$1 text=$2 fix
	shift 2
	fix=$(remedy "$name" "$@")
	isnt "$fix" "" "check finds $text"
	diag "$fix"
	ok "check's remedy works" eval "${fix##*, or: }"
	is "$(remedy "$name" "$@")" "" "check no longer finds it"
}

exits 0 "the host is fit" xvtd check
like "$out" "ok +host +HVM, VT-d in the firmware, on in Xen 4\.(17|20)\.[0-9a-z-]+, interrupt remapping, xen-pciback loaded" "one line describes the host"
unlike "$out" "warn|fail" "check has no other finding"
exits 0 "check of a guest and a device" xvtd check vm1 2:0.0
like "$out" "ok +vm1 +HVM, it has an IOMMU, [0-9]+ free slots" "one line describes the guest"
like "$out" "ok +$bdf +dom0 does not use it, alone in its group, reset by" "one line describes the device"
exits 0 "check --domain=vm1 with --json" xvtd --json check --domain=vm1 2:0.0
is "$(jq -r '[.ok, (.checks | map(keys | join(" ")) | unique[])] | join(" ")' <<<"$out")" \
	"true message name object remedy status" "each finding has the keys that scripts use"

echo vfio-pci >"/sys/bus/pci/devices/$bdf/driver_override"
mended override "a driver_override that was left" 2:0.0
xenstore-write /libxl/pci/0000-02-00-0/domid 77
mended leftover "a record of a domain that never was"

eth=$(net_of $bdf)
ip address add 192.0.2.1/24 dev "$eth"
exits 1 "check fails for a device that dom0 uses" xvtd check vm1 2:0.0
sentence=$(jq -r '.checks[] | select(.status == "fail") | .message' < <(xvtd --json check vm1 2:0.0 2>/dev/null))
exits 3 "assign refuses the device" xvtd assign vm1 2:0.0 7
like "$err" "$bdf: ${sentence//[()]/.}" "assign prints the sentence of check"
ip address flush dev "$eth"
exits 0 "check passes when dom0 no longer uses it" xvtd check vm1 2:0.0

exits 0 "vm1 gets it" xvtd assign vm1 2:0.0 7
exits 1 "check fails for a device that a guest has" xvtd check 2:0.0
like "$out" "it belongs to 'vm1'" "the message names vm1"
fix=$(remedy owned 2:0.0)
exits 0 "check passes for vm1 itself" xvtd check vm1 2:0.0
like "$out" "attached to vm1 at 0x07" "check names the slot"
cp /etc/default/xendomains /run/lab/xendomains
mended xendomains "a guest that xendomains would save with its device" vm1
cp /run/lab/xendomains /etc/default/xendomains
ok "check's remedy detaches the device" eval "${fix#*: }"
exits 0 "check passes after the detach" xvtd check 2:0.0
exits 0 "assignable remove" xvtd assignable remove 2:0.0

exits 0 "assign --permissive" xvtd assign vm1 1:0.0 8 --permissive
run xvtd check --explain vm1
like "$out" "why: pciback lets a guest write only" "check --explain says why permissive matters"
unlike "$out" "ATS|PV guest" "check finds no other weakness"
mended permissive "a permissive device" vm1
exits 0 "detach --return" xvtd detach vm1 1:0.0 --return

xl pause vm1
mended paused "a guest that is paused" vm1
exits 1 "check fails for dom0's own disk" xvtd check 0:3.0
exits 1 "check fails for a bridge" xvtd check 0:1c.0
exits 1 "check fails for one of two in a group" xvtd check vm1 4:1.0
like "$out" "0000:04:02.0" "the message names the other device"
exits 0 "check passes for the whole group" xvtd check vm1 4:1.0 4:2.0

exits 0 "xvtd report" xvtd report /run/lab/report.tar.gz
show_run
mkdir /run/lab/report
ok "the report is a tar" tar -xzf /run/lab/report.tar.gz -C /run/lab/report --strip-components=1
rm /run/lab/report.tar.gz
report=/run/lab/report
is "$(jq -r '.checks[0].object' $report/check.json)" host "the report has check's findings"
like "$(<$report/xen-log.txt)" "Xen version" "the report has Xen's log"
like "$(<$report/xenstore-libxl.txt)" "/libxl/pci" "the report has libxl's records"
is "$(grep -rlE '\bvm1\b|52:54:00' $report)" "" "the report has no guest's name and no MAC address"
is "$(xvtd --root $report/host groups)" "$(xvtd groups)" "the report has a host that xvtd can read"

guest_create alone -passthrough || diag "the guest without passthrough did not start"
exits 1 "check fails for a guest without an IOMMU" xvtd check alone
like "$out" 'fix: put passthrough = "enabled" into its cfg' "the remedy is the missing line of the cfg"
exits 6 "assign refuses the guest" xvtd assign alone 2:0.0
guest_destroy alone
done_testing
