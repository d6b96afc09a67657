# machine: base
# guests:
# weight: 120
# timeout: 900
#
# --save: the cfg has the hot-attached device, and plain xl creates the guest anew with it at the
# same slot.
. /lab/dom0/lib.sh

guest_create saved
ok "a guest with a cfg of its own comes up" guest_wait saved
cfg=/etc/xen/saved.cfg
grep -v '^passthrough' "$LAB_GUESTS/saved/cfg" >$cfg
printf '# the uplink stays\n' >>$cfg
cp -p $cfg /run/lab/before.cfg

exits 0 "--dry-run --save" xvtd --dry-run assign saved 2:0.0 7 --save
like "$out" "\\+pci = " "--dry-run shows the line that the cfg would get"
ok "--dry-run leaves the file alone" cmp $cfg /run/lab/before.cfg
exits 0 "assign --save" xvtd assign saved 2:0.0 7 --save
like "$out" "$cfg: saved" "--save finds the cfg by the guest's name"
exits 0 "cfg list" xvtd --json cfg list $cfg
is "$(jq -r '.devices[] | "\(.bdf) \(.vslot)"' <<<"$out")" "0000:02:00.0 0x07" "the cfg has the device and its slot"
exits 0 "assign --save again is success" xvtd assign saved 2:0.0 7 --save
exits 0 "cfg check finds nothing wrong" xvtd cfg check $cfg

guest_send saved '0 poweroff -f'
ok "the guest shuts itself down" await 60 guest_gone saved
exits 0 "plain xl creates the guest from it" xl create $cfg
ok "the guest comes up" guest_wait saved
exits 0 "pci-list" xvtd pci-list saved
like "$out" "0x07 +0x0000 +0x02" "the device is at the same slot"
ok "the guest drives it" wait_guest_sees saved 07 8086:10d3:020000:e1000e

exits 0 "detach --save" xvtd detach saved 2:0.0 --return --save
exits 0 "cfg list" xvtd --json cfg list $cfg
is "$(jq '.devices | length' <<<"$out")" 0 "the cfg no longer has the device"
is "$(diff /run/lab/before.cfg $cfg | grep '^[<>]')" '> passthrough = "enabled"' \
	"only the line that keeps the IOMMU is new"

# The example cfgs that come with Xen: cfg add and cfg remove leave them as they were.
for example in /etc/xen/xlexample.*; do
	cp "$example" /run/lab/example.cfg
	# the PVH example cannot have devices
	exits 0 "cfg add to ${example##*/}" xvtd -q cfg add --no-passthrough --allow=pvh \
		/run/lab/example.cfg 02:00.0@7
	exits 0 "cfg remove from it" xvtd -q cfg remove /run/lab/example.cfg 2:0.0
	ok "the example is as it was" cmp "$example" /run/lab/example.cfg
done

# The file cannot be found, or cannot be written.
cp $cfg /etc/xen/twin.cfg
exits 4 "--save refuses two cfgs with that name" xvtd assign saved 2:0.0 7 --save
like "$err" "twin.cfg" "the message names the second cfg"
is "$(driver 02:00.0)" e1000e "nothing was touched"
exits 0 "--save=FILE takes that file" xvtd assign saved 2:0.0 7 --save=$cfg
exits 0 "detach --return" xvtd detach saved 2:0.0 --return
rm -f /etc/xen/twin.cfg $cfg
guest_destroy saved
done_testing
