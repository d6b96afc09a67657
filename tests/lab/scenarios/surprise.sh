# machine: hotplug
# guests: vm1
# weight: 300
# timeout: 1200
#
# Devices of a guest leave the host: `watch` reports it, `check` finds it, `recover` cleans the records, and
# xvtd does not take the next card in the slot for the one that left.
. /lab/dom0/lib.sh
. /lab/dom0/machine.sh

nic=0000:02:00.0
events=/run/lab/events

told() {
	jq -se "any(.[]; $1)" "$events" >/dev/null
}

# of_vm1 EVENT: watch reports it of the NIC and the guest.
of_vm1() {
	ok "watch says: $1" await 20 told '.event == "'"$1"'" and .bdf == "'$nic'" and .domain.name == "vm1" and
		.vslot == "0x07"' || diag "$(<$events)"
}

# clean: the NIC is in no record of xenstore, pciback or xvtd, and Xen has it in no guest.
clean() {
	local left
	left=$(xenstore-ls -f /local/domain/0/backend/pci 2>/dev/null | grep -F "$nic")
	left+=$(xenstore-ls -f /libxl/pci 2>/dev/null | grep -F /0000-02-00-0/)
	left+=$(grep -F "$nic" /sys/bus/pci/drivers/pciback/slots)
	left+=$(ls -A /var/lib/xvtd/journal)
	left+=$(xl pci-list vm1 | sed 1d)
	[ -z "$left" ] && return
	diag "left: $left"
	return 1
}

# card ID NUMBER PORT: a NIC for that root port; its serial number has NUMBER.
card() {
	echo "e1000e,id=$1,netdev=n$3,mac=52:54:00:00:00:$2,bus=rp$3"
}

has_driver() {
	test "$(driver "$1")" = "$2"
}

# express BDF: the offset of its PCI Express capability.
express() {
	local bytes at
	read -ra bytes < <(od -An -v -tu1 -w256 -N256 "/sys/bus/pci/devices/$1/config")
	for ((at = bytes[0x34]; at; at = bytes[at + 1])); do
		[ "${bytes[at]}" != 16 ] || echo "$at"
	done
}

# config_byte BDF OFFSET ESCAPE
config_byte() {
	printf '%b' "$3" | dd of="/sys/bus/pci/devices/$1/config" bs=1 seek=$(($2)) conv=notrunc status=none
}

# reports BDF: it sends PCI errors on (SERR# in Command, and Device Control).
reports() {
	config_byte "$1" 0x05 '\x05'
	config_byte "$1" $(($(express "$1") + 8)) '\x0f'
}

xvtd --json watch >$events 2>/run/lab/watch.err &
watch=$!
await 20 grep -q watching /run/lab/watch.err

exits 0 "a NIC goes to a guest" xvtd assign vm1 2:0.0 7
ok "the guest drives it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e 90
former=$(</run/xvtd/identity-$nic)
like "$former" "^8086:10d3:8086:0000 serial 52-54-00-ff-ff-00-00-01$" "its identity is on record"

second=0000:01:00.0
exits 0 "another NIC goes to the guest" xvtd assign vm1 1:0.0 8
ok "the guest drives it" wait_guest_sees vm1 08 8086:10d3:020000:e1000e 90
second_was=$(</run/xvtd/identity-$second)
exits 0 "the other NIC gets a name" xvtd name 1:0.0 uplink0

# A fatal error of the link, which the root port reports (SERR# in Command and in Bridge Control).
reports 0000:00:1c.1
config_byte 0000:00:1c.1 0x3e '\x02'
machine_order pcie_aer_inject_error rp1 DLP
of_vm1 error
ok "watch says: aerfail" await 20 told '.event == "aerfail" and (.devices | index("'$nic'"))'
of_vm1 recovered

# The card is pulled.
ok "the host no longer has it" pull nic1 $nic
of_vm1 gone
exits 0 "check of the guest that lost it" xvtd check vm1
like "$out" "it is gone from the host, and libxl's records still list it in 'vm1'" "check says that it is gone from the host"
like "$out" "fix: xvtd recover" "check names the remedy"
exits 0 "list" xvtd list
like "$out" "$nic +- +- +- +gone +vm1 +0x07" "list shows it as gone"
run xvtd --json list
is "$(jq -r '.devices[] | select(.bdf == "'$nic'") | "\(.state) \(.domain.name) \(.device)"' <<<"$out")" \
	"gone vm1 0x10d3" "list --json shows it as gone"
exits 4 "show" xvtd show 2:0.0
like "$err" "it is gone from the host" "show says that it is gone"
exits 4 "assign does not count it as attached" xvtd assign vm1 2:0.0 7

# The other card is pulled, and another one plugged in: pciback takes it, since the slot is on its list.
ok "the other card is pulled" pull nic0 $second
ok "another one is plugged in" plug "$(card other0 88 0)" $second
ok "watch says: plugged" await 20 told '.event == "plugged" and .bdf == "'$second'" and .domain.name == "vm1"'
ok "pciback takes it" await 20 has_driver $second pciback
is=${second_was%00-00-00}00-00-88
exits 0 "check of the guest whose card was replaced" xvtd check vm1
like "$(tr -s ' \n' ' ' <<<"$out")" "another device is there now: $is instead of $second_was, which 'vm1' had" \
	"check names both cards"
exits 0 "list" xvtd list
like "$out" "$second +network +pciback +[0-9]+ +pending +vm1" "list does not show the new card as the guest's"
exits 3 "xvtd refuses to attach the new card" xvtd assign vm1 1:0.0 8
like "$err" "$is instead of $second_was" "the message names both cards"
exits 3 "xvtd refuses to return it to the former's driver" xvtd detach vm1 1:0.0 --return
exits 4 "the name does not stand for the new card" xvtd assign vm1 uplink0
like "$err" "$second_was; $is is there now" "the message names both cards"
echo "$second $second_was" >/etc/xvtd/assignable
exits 5 "the file does not stand for the new card" xvtd assignable add --from
like "$err" "$is instead of $second_was" "the message names both cards"

exits 0 "recover --dry-run" xvtd recover --dry-run
like "$out" "clear the leftovers of $nic in vm1" "recover --dry-run names the leftovers"
exits 0 "recover" xvtd recover
like "$out" "$second: cleared its leftovers in vm1" "recover clears the replaced card"
like "$out" "$nic: cleared its leftovers in vm1" "recover clears the card that left"
ok "no record of the card is left" clean
ok "the guest has let the first card go" wait_guest_gone vm1 07 90
ok "the guest has let the second card go" wait_guest_gone vm1 08 90
is "$(driver $second)" pciback "the new card stays in pciback"
is "$(xenstore-ls -f /libxl/pci | grep -F /0000-01-00-0/)" "" "the new card has no record"
exits 1 "check" xvtd check vm1
unlike "$out" "gone from the host|leftover" "check finds no leftover"
like "$(tr -s ' \n' ' ' <<<"$out")" "Xen can crash when the guest gets another one" "check warns of a risk for the host"
exits 6 "xvtd refuses the guest another device" xvtd assign vm1 1:0.0 8
exits 0 "assignable remove of the new card" xvtd assignable remove 1:0.0
ok "e1000e has the new card" await 20 has_driver $second e1000e

# Another card in the slot: the driver of dom0 gets it, since pciback has forgotten the slot.
ok "another card is plugged in" plug "$(card other1 77 1)" $nic
ok "dom0's driver has it" await 20 has_driver $nic e1000e
kill $watch
wait $watch
rm -f /etc/xvtd/{names,assignable}
# The guest goes on: Xen 4.17 panics when it is destroyed.
done_testing
