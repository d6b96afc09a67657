# machine: base
# guests: vm1
# weight: 45
# timeout: 300
#
# An impossible attach leaves the interface in dom0, and up: xvtd refuses it beforehand, or it fails
# after the device was taken.
. /lab/dom0/lib.sh

bdf=0000:02:00.0
eth=$(net_of $bdf)
ip link set "$eth" up
is_up() { [[ $(cat /sys/class/net/"$(net_of $bdf)"/flags) =~ [13579bdf]$ ]]; }
ok "$eth is up" is_up
ok "$eth has a carrier" await 10 grep -qx 1 "/sys/class/net/$eth/carrier"

exits 0 "assign another device at slot 7" xvtd assign vm1 1:0.0 7
before=$(state_snapshot)
exits 3 "xvtd refuses slot 7" xvtd assign vm1 2:0.0 7
like "$err" "slot 0x07 of 'vm1' is taken by 0000:01:00.0" "the message names the device at slot 7"
exits 3 "xvtd refuses the slot of an emulated device" xvtd assign vm1 2:0.0 2
like "$err" "taken by an emulated device" "the message says that the device is emulated"
is "$(state_snapshot)" "$before" "nothing was touched"
ok "$eth is up" is_up

# The attach itself fails: its connection to QEMU, the first one after those of the
# checks, which a dry run makes as well.
run strace -f -c -e trace=connect -o /run/lab/connects xvtd --dry-run assign vm1 2:0.0 8
connects=$(awk '$NF == "connect" { print $4 }' /run/lab/connects)
exits 1 "an attach that fails is exit 1" strace -f -o /dev/null -e trace=connect \
	-e inject=connect:error=ECONNREFUSED:when=$((connects + 1)) xvtd -v assign vm1 2:0.0 8
like "$err" "take 0000:02:00.0 from driver e1000e to pciback" "the attach fails after pciback took the device"
like "$err" "libxl says: " "the message quotes libxl"
is "$(driver $bdf)" e1000e "its driver has it back"
ok "its interface is up again" is_up
is "$(state_snapshot | sed '/^== links/,/^== /d')" "$(sed '/^== links/,/^== /d' <<<"$before")" "all is as it was"

exits 0 "assign succeeds after that" xvtd assign vm1 2:0.0 8
exits 0 "detach both and return them" xvtd detach vm1 1:0.0 2:0.0 --return
is "$(driver $bdf)" e1000e "its driver has it back"
done_testing
