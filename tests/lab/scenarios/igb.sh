# machine: igb
# named: yes
# guests: vm1 vm2
# release: trixie
# weight: 170
# timeout: 3000
#
# Virtual functions that the service makes, three in two guests, at work, with settings that the
# card's driver holds them to.
. /lab/dom0/lib.sh
. /lab/dom0/work.sh

# of N TEXT: does `ip link` show it of virtual function N?
of() { ip link show "$pf" | grep "vf $1 " | grep -qF "$2"; }
# address GUEST SLOT: what the guest's driver has read.
address() { guest_run "$1" "cat /sys/bus/pci/devices/0000:00:$2.0/net/*/address" | tr -d '\r'; }

modprobe igb
is "$(driver 01:00.0)" igb "the card has its driver"
pf=$(net_of 01:00.0)
ip link set "$pf" up
mkdir -p /etc/xvtd
printf '%s\n' '01:00.0 vfs=3' 01:10.0 '01:10.2 mac=52:54:00:aa:00:08' 01:10.4 >/etc/xvtd/assignable
exits 0 "the service makes them" /etc/init.d/xvtd-assignable start
show_run
diag "$(xvtd list)"
is "$(xvtd --json assignable list | jq '.devices | length')" 3 "three are assignable"
ok "one of them has its address" of 1 52:54:00:aa:00:08
exits 2 "no multicast address" xvtd assign vm1 01:10.0 mac=53:54:00:aa:00:07
exits 3 "no settings for the card itself" xvtd assign vm1 01:00.0 mac=52:54:00:aa:00:07
work_begin vm1
work_begin vm2
exits 0 "two for vm1" xvtd assign vm1 01:10.0@7 mac=52:54:00:aa:00:07 01:10.2@8
exits 0 "one for vm2" xvtd assign vm2 01:10.4 7
diag "$(ip link show "$pf")"
ok "vm1 drives the one" wait_guest_sees vm1 07 8086:10ca:020000:igbvf
ok "and the other" wait_guest_sees vm1 08 8086:10ca:020000:igbvf
is "$(address vm1 07)" 52:54:00:aa:00:07 "its driver has read the address of assign"
is "$(address vm1 08)" 52:54:00:aa:00:08 "and that of the service"
ok "vm2 drives its own" wait_guest_sees vm2 07 8086:10ca:020000:igbvf
work_net_ok vm1 07.0 "vm1's first"
work_net_ok vm1 08.0 "vm1's second"
work_net_ok vm2 07.0 "vm2's"
ip link set "$pf" vf 0 mac 52:54:00:00:00:99
exits 0 "another program changes the address" xvtd check vm1
like "$out" 'has it with mac=52:54:00:00:00:99, but xvtd has set mac=52:54:00:aa:00:07' "check notices"
exits 0 "vm1 gives them back" xvtd eject vm1 --timeout=180
ok "its address is not left behind" of 0 00:00:00:00:00:00
ok "the service's is" of 1 52:54:00:aa:00:08
exits 0 "and gets them again" xvtd restore vm1
ok "with the address" of 0 52:54:00:aa:00:07
ok "vm1 reboots" guest_reboot vm1
work_begin vm1
ok "and drives it again" wait_guest_sees vm1 07 8086:10ca:020000:igbvf
is "$(address vm1 07)" 52:54:00:aa:00:07 "with the address"
run xvtd check vm1
unlike "$out" 'xvtd has set' "check finds all settings"
exits 0 "and gives them back" xvtd eject vm1 --timeout=180
rm -f /var/lib/xvtd/*.json
exits 0 "vm2's gets settings" xvtd assign vm2 01:10.4 mac=52:54:00:aa:00:09 vlan=9
ok "an address" of 2 52:54:00:aa:00:09
ok "and a VLAN" of 2 "vlan 9"
exits 0 "vm2 gives it back" xvtd detach vm2 01:10.4 --timeout=180
diag "$out"
ok "without the address" of 2 00:00:00:00:00:00
not_ok "and without the VLAN" of 2 "vlan 9"
exits 0 "the service's settings end" xvtd assignable remove 01:10.2
not_ok "with the device" of 1 52:54:00:aa:00:08
is "$(work_faults)" "" "Xen has stopped no DMA"
rm -f /etc/xvtd/assignable
echo 0 >/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs
rmmod igb
done_testing
