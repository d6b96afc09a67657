# machine: igb
# named: yes
# guests: vm1 vm2
# release: trixie
# weight: 150
# timeout: 1800
#
# Virtual functions that the service makes, three in two guests, at work.
. /lab/dom0/lib.sh
. /lab/dom0/work.sh

modprobe igb
is "$(driver 01:00.0)" igb "the card has its driver"
ip link set "$(net_of 01:00.0)" up
mkdir -p /etc/xvtd
printf '%s\n' '01:00.0 vfs=3' 01:10.0 01:10.2 01:10.4 >/etc/xvtd/assignable
exits 0 "the service makes them" /etc/init.d/xvtd-assignable start
show_run
diag "$(xvtd list)"
is "$(xvtd --json assignable list | jq '.devices | length')" 3 "three are assignable"
work_begin vm1
work_begin vm2
exits 0 "two for vm1" xvtd assign vm1 01:10.0@7 01:10.2@8
exits 0 "one for vm2" xvtd assign vm2 01:10.4 7
ok "vm1 drives the one" wait_guest_sees vm1 07 8086:10ca:020000:igbvf
ok "and the other" wait_guest_sees vm1 08 8086:10ca:020000:igbvf
ok "vm2 drives its own" wait_guest_sees vm2 07 8086:10ca:020000:igbvf
work_net_ok vm1 07.0 "vm1's first"
work_net_ok vm1 08.0 "vm1's second"
work_net_ok vm2 07.0 "vm2's"
exits 0 "vm1 gives them back" xvtd eject vm1
exits 0 "and vm2" xvtd detach vm2 01:10.4
is "$(work_faults)" "" "Xen has stopped no DMA"
rm -f /etc/xvtd/assignable
echo 0 >/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs
rmmod igb
done_testing
