# machine: base
# guests:
# weight: 100
# timeout: 600
#
# Settings for which xl or libxl refuse a guest are errors of `cfg check`, and no others are.
. /lab/dom0/lib.sh

cfg=/run/lab/settings.cfg

# cfg LINE...: a guest with these settings.
cfg() {
	printf '%s\n' 'name = "settings"' 'memory = 32' 'vga = "stdvga"' 'vnc = 0' "$@" >$cfg
}

# xl_refuses TEXT LINE...: xl does not make that guest, and says why; `cfg check` says so before.
xl_refuses() {
	local text=$1
	shift
	cfg "$@"
	exits 1 "cfg check of $*" xvtd cfg check $cfg
	run xl create -q $cfg
	not_ok "xl refuses it" [ "$rc" = 0 ]
	like "$out$err" "$text" "xl gives the expected reason"
	xl destroy settings 2>/dev/null
}

# xl_takes LINE...: xl makes that guest, and `cfg check` has no objection.
xl_takes() {
	cfg "$@"
	exits 0 "cfg check of $*" xvtd cfg check $cfg
	exits 0 "xl takes it" xl create -q $cfg
	xl destroy settings
}

hvm='type = "hvm"'
for word in 1 '"on"' '"yes"' '""'; do
	xl_refuses 'unknown passthrough option' "$hvm" "passthrough = $word"
done
xl_takes "$hvm" 'passthrough = "Enabled"'
xl_takes "$hvm" 'passthrough = [ "enabled" ]'
xl_takes "$hvm" 'passthrough = "disabled"' 'maxmem = 64'
xl_refuses 'passthrough disabled but devices' "$hvm" 'passthrough = "Disabled"' 'pci = [ "02:00.0" ]'
xl_refuses 'not supported together with PoD' "$hvm" 'passthrough = "enabled"' 'maxmem = 64'
xl_refuses 'share_pt.* not valid for PV|not valid for PV' 'type = "pv"' 'kernel = "/boot/none"' \
	'passthrough = "share_pt"'
xl_refuses 'not yet supported for x86 PVH' 'type = "pvh"' 'kernel = "/boot/none"' 'passthrough = "sync_pt"'
xl_refuses 'only valid for HAP' "$hvm" 'hap = 0' 'passthrough = "share_pt"'
xl_refuses 'Invalid domain type' 'type = "HVM"'
xl_refuses 'Contradicting' 'type = "pvh"' 'builder = "hvm"'
xl_takes 'type = "h"'
xl_refuses 'gfx_passthru' "$hvm" 'gfx_passthru = 1'
xl_refuses 'gfx_passthru' "$hvm" 'gfx_passthru = "nvidia"'

exits 0 "two functions are made assignable" xvtd assignable add 9:0.0 9:0.1
xl_refuses 'Must specify a v-slot' "$hvm" 'pci = [ "09:00.*" ]'
exits 0 "assignable remove" xvtd assignable remove 9:0.0 9:0.1
rm -f $cfg
done_testing
