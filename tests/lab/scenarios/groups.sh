# machine: base
# guests: vm1 vm2
# weight: 50
# timeout: 500
#
# Functions that the IOMMU cannot keep apart stay together.
. /lab/dom0/lib.sh

printf 'name = "one"\npci = [ "04:01.0" ]\npassthrough = "enabled"\n' >/run/lab/one.cfg
printf 'name = "two"\npci = [ "04:02.0" ]\npassthrough = "enabled"\n' >/run/lab/two.cfg
exits 1 "two cfgs with halves of one group" xvtd cfg check /run/lab/one.cfg /run/lab/two.cfg
like "$out$err" "04:01.0 cannot be separated from .*two.cfg line 2 \\(0000:04:02.0\\)" "are told apart"

before=$(host_drivers)
exits 0 "groups of a function behind a PCIe-to-PCI bridge" xvtd --json groups 4:1.0
is "$(jq -c '.groups[0].devices' <<<"$out")" '["0000:03:00.0","0000:04:01.0","0000:04:02.0"]' \
	"has its neighbour and the bridge"
# show JQ BDF: a part of the document of `show`.
show() {
	xvtd --json show "$2" | jq -c ".device | $1"
}
is "$(show '[.parent, .bus_reset_takes[0], .assignable.ok]' 4:1.0)" \
	'["0000:03:00.0","0000:04:02.0",false]' "show tells place, what a bus reset takes along, and no"
like "$(show .assignable.reasons 4:1.0)" "cannot be kept apart from 0000:04:02.0" "and why"
is "$(show '[.state, .used_as[0], .holders[0].chain[0]]' 0:3.0)" '["dom0","vda","vda"]' \
	"what dom0 uses the disk as"
is "$(show '.reset_methods | join(" ")' 2:0.0)" \
	"\"$(cat /sys/bus/pci/devices/0000:02:00.0/reset_method)\"" "the kernel's reset methods"
is "$(show '[.link.width, .link.max_width, .sriov]' 2:0.0)" '[1,1,null]' "a link of one lane"
is "$(show '[.sriov.role, .sriov.present <= .sriov.total]' a:0.0)" '["pf",true]' "a PF"
is "$(show .bdf "$(net_of 02:00.0)")" '"0000:02:00.0"' "a device by its interface"
exits 3 "one of two that share a requester id is refused while dom0 drives the other" \
	xvtd assign vm1 4:1.0
like "$err" "cannot be kept apart from 0000:04:02.0, which dom0's driver .* has" "with whom and why"
like "$err" "hint: --with-group" "and what to do"
exits 3 "no override splits a requester id" xvtd assign vm1 4:1.0 --allow=split-group
is "$(host_drivers)" "$before" "nothing was touched"
exits 0 "with its group it works" xvtd assign vm1 4:1.0 7 --with-group
like "$out" "0000:04:01.0: attached to vm1 at 0x07" "it is where it was asked for"
like "$out" "0000:04:02.0: attached to vm1 at 0x" "the other came along"
is "$(show '[.state, .domain.name, .vslot, .driver, .assignable.ok]' 4:1.0)" \
	'["assigned","vm1","0x07","pciback",false]' "show knows whose it is and where"
is "$(xvtd --json list | jq -c '[.devices[] | select(.state == "assigned") | .bdf]')" \
	'["0000:04:01.0","0000:04:02.0"]' "and so does list"
exits 0 "one may go" xvtd detach vm1 4:2.0
exits 3 "but to no other guest" xvtd assign vm2 4:2.0
like "$err" "cannot be kept apart from 0000:04:01.0, which 'vm1' has" "with who has the other"
exits 0 "all back" xvtd detach vm1 4:1.0 --return
exits 0 "to dom0" xvtd assignable remove 4:2.0
is "$(host_drivers)" "$before" "all is as it was"

exits 0 "one of two functions without ACS may leave dom0" xvtd assign vm1 9:0.0
like "$err" "warning: 0000:09:00.0: it may access 0000:09:00.1" "with a warning"
exits 3 "the other gets to no other guest" xvtd assign vm2 9:0.1
like "$err" "hint: .*--allow=split-group" "unless somebody insists"
exits 0 "who does" xvtd assign vm2 9:0.1 --allow=split-group
exits 0 "back" xvtd detach vm1 9:0.0 --return
exits 0 "back" xvtd detach vm2 9:0.1 --return
is "$(host_drivers)" "$before" "all is as it was"
done_testing
