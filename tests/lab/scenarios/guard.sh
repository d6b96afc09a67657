# machine: base
# guests: vm1
# weight: 30
# timeout: 300
#
# xvtd refuses devices that dom0 needs before it changes anything, and dom0 keeps running.
. /lab/dom0/lib.sh

before=$(state_snapshot)
exits 3 "dom0's root disk is refused" xvtd assign vm1 0:3.0
like "$err" "0000:00:03.0: dom0 uses it: vda > / \(mount\)" "the message names the mount point"
like "$err" "hint: .*--allow=in-use" "the hint names --allow=in-use"
exits 3 "assignable add refuses it, too" xvtd assignable add 0:3.0
exits 3 "pci-assignable-add refuses it, too" xvtd pci-assignable-add 00:03.0
ok "dom0 reads its disk" dd if=/dev/vda of=/dev/null bs=1M count=4 iflag=direct status=none
exits 3 "a bridge is refused" xvtd assign vm1 0:1c.0
like "$err" "a bridge stays with the host" "the message says that it is a bridge"
is "$(state_snapshot)" "$before" "nothing was touched"

eth=$(net_of 02:00.0)
ip link set "$eth" up
ip address add 192.0.2.1/24 dev "$eth"
exits 3 "an interface with an address is refused" xvtd assign vm1 2:0.0 7
like "$err" "$eth > 192.0.2.1 \(address\)" "the message names interface and address"
ip address flush dev "$eth"
ip -6 address add 2001:db8::1/64 dev "$eth" nodad
exits 3 "an interface with an IPv6 address is refused" xvtd assign vm1 2:0.0 7
ip -6 address flush dev "$eth"
ip -6 address add fe80::1/64 dev "$eth" nodad
exits 0 "an interface with a link-local address is free" xvtd --dry-run assign vm1 2:0.0 7
ip -6 address flush dev "$eth"
if ip link add br0 type bridge 2>/dev/null; then
	ip link set "$eth" master br0
	exits 3 "a port of a bridge is refused" xvtd assign vm1 2:0.0 7
	like "$err" "$eth > br0 \(bridge\)" "the message names the bridge"
	ip link del br0
else
	skip "a port of a bridge is refused" "this kernel cannot make a bridge"
fi
ip link set "$eth" down
exits 0 "assign takes a device that dom0 does not use" xvtd assign vm1 2:0.0 7
exits 0 "detach --return" xvtd detach vm1 2:0.0 --return

ip address add 192.0.2.1/24 dev "$(net_of 02:00.0)"
exits 0 "assign --allow=in-use takes a device in use" xvtd assign vm1 2:0.0 7 --allow=in-use
exits 0 "detach --return" xvtd detach vm1 2:0.0 --return
done_testing
