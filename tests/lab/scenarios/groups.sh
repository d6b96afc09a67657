# machine: base
# guests: vm1 vm2
# weight: 50
# timeout: 500
#
# Functions that the IOMMU cannot keep apart stay together.
. /lab/dom0/lib.sh

printf 'name = "one"\npci = [ "04:01.0" ]\npassthrough = "enabled"\n' >/run/lab/one.cfg
printf 'name = "two"\npci = [ "04:02.0" ]\npassthrough = "enabled"\n' >/run/lab/two.cfg
exits 1 "cfg check fails for two cfgs that share a group" xvtd cfg check /run/lab/one.cfg /run/lab/two.cfg
like "$out$err" "04:01.0 cannot be separated from .*two.cfg line 2 \\(0000:04:02.0\\)" "the message names device, cfg and line"

before=$(host_drivers)
exits 0 "groups of a function behind a PCIe-to-PCI bridge" xvtd --json groups 4:1.0
is "$(jq -c '.groups[0].devices' <<<"$out")" '["0000:03:00.0","0000:04:01.0","0000:04:02.0"]' \
	"the group has its neighbour and the bridge"
# show JQ BDF: a part of the document of `show`.
show() {
	xvtd --json show "$2" | jq -c ".device | $1"
}
is "$(show '[.parent, .bus_reset_takes[0], .assignable.ok]' 4:1.0)" \
	'["0000:03:00.0","0000:04:02.0",false]' "show has parent, bus reset and a negative verdict"
like "$(show .assignable.reasons 4:1.0)" "cannot be kept apart from 0000:04:02.0" "show says why it is not assignable"
is "$(show '[.state, .used_as[0], .holders[0].chain[0]]' 0:3.0)" '["dom0","vda","vda"]' \
	"show says what dom0 uses the disk as"
is "$(show '.reset_methods | join(" ")' 2:0.0)" \
	"\"$(cat /sys/bus/pci/devices/0000:02:00.0/reset_method)\"" "show has the kernel's reset methods"
is "$(show '[.link.width, .link.max_width, .sriov]' 2:0.0)" '[1,1,null]' "show has a link of one lane"
is "$(show '[.sriov.role, .sriov.present <= .sriov.total]' a:0.0)" '["pf",true]' "show has the role of a PF"
is "$(show .bdf "$(net_of 02:00.0)")" '"0000:02:00.0"' "show finds a device by its interface"
exits 3 "xvtd refuses half a group while dom0 drives the rest" \
	xvtd assign vm1 4:1.0
like "$err" "cannot be kept apart from 0000:04:02.0, which dom0's driver .* has" "the message names the other device and the reason"
like "$err" "hint: --with-group" "the hint names --with-group"
exits 3 "no override splits a requester id" xvtd assign vm1 4:1.0 --allow=split-group
is "$(host_drivers)" "$before" "nothing was touched"
exits 0 "assign --with-group" xvtd assign vm1 4:1.0 7 --with-group
like "$out" "0000:04:01.0: attached to vm1 at 0x07" "the device is at the given slot"
like "$out" "0000:04:02.0: attached to vm1 at 0x" "the other device is attached, too"
is "$(show '[.state, .domain.name, .vslot, .driver, .assignable.ok]' 4:1.0)" \
	'["assigned","vm1","0x07","pciback",false]' "show names its guest and slot"
is "$(xvtd --json list | jq -c '[.devices[] | select(.state == "assigned") | .bdf]')" \
	'["0000:04:01.0","0000:04:02.0"]' "list shows both as assigned"
exits 0 "detach one of them" xvtd detach vm1 4:2.0
exits 3 "xvtd refuses that one to another guest" xvtd assign vm2 4:2.0
like "$err" "cannot be kept apart from 0000:04:01.0, which 'vm1' has" "the message names the guest that has the other"
exits 0 "detach --return of the other" xvtd detach vm1 4:1.0 --return
exits 0 "assignable remove" xvtd assignable remove 4:2.0
is "$(host_drivers)" "$before" "all is as it was"

exits 0 "one of two functions without ACS may leave dom0" xvtd assign vm1 9:0.0
like "$err" "warning: 0000:09:00.0: it may access 0000:09:00.1" "a warning names the other function"
exits 3 "xvtd refuses the other function to another guest" xvtd assign vm2 9:0.1
like "$err" "hint: .*--allow=split-group" "the hint names --allow=split-group"
exits 0 "assign --allow=split-group" xvtd assign vm2 9:0.1 --allow=split-group
exits 0 "detach --return" xvtd detach vm1 9:0.0 --return
exits 0 "detach --return" xvtd detach vm2 9:0.1 --return
is "$(host_drivers)" "$before" "all is as it was"
done_testing
