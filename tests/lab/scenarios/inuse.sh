# machine: inuse
# guests: vm1
# weight: 75
# timeout: 400
#
# xvtd refuses devices that dom0 uses, and names what dom0 would lose, for each kind of use. Idle
# devices are free.
. /lab/dom0/lib.sh

# take BDF...: would xvtd take these?
take() {
	run xvtd --dry-run assignable add "$@"
}

# used CHAIN BDF NAME: xvtd refuses the device, with this chain (an extended regex).
used() {
	take "$2"
	[[ $rc == 3 && $err =~ dom0\ uses\ it:\ $1 && $err =~ --allow=in-use ]]
	result $? "$3 is refused: $1" || show_run
}

# free NAME BDF...: xvtd would take all of them.
free() {
	local name=$1
	shift
	take "$@"
	[ "$rc" = 0 ] && [ "$(grep -c 'to pciback' <<<"$out")" = $# ]
	result $? "$name" || show_run
}

# quiet COMMAND...: it must succeed; show its output only if it fails.
quiet() {
	run "$@"
	[ "$rc" = 0 ] || {
		not_ok "$*"
		show_run
	}
}

block_of() {
	local dir
	for dir in "/sys/bus/pci/devices/0000:$1"/virtio*/block/*; do
		echo "${dir##*/}"
	done
}

quiet modprobe bonding max_bonds=0
quiet modprobe -a usb_storage sd_mod usbhid hid_generic i6300esb raid1 dm_mod dm_crypt btrfs \
	8021q macvlan bridge xen_blkback xen_netback loop
first=$(block_of 00:10.0) second=$(block_of 00:11.0)
a=$(net_of 01:00.0) b=$(net_of 02:00.0) c=$(net_of 07:00.0) d=$(net_of 08:00.0) e=$(net_of 09:00.0)
f=$(net_of 09:00.1)
mkdir -p /mnt/one /mnt/two
await 20 test -e /sys/class/block/sda
await 20 grep -qs 'USB Keyboard' /sys/class/input/input*/name
all=(0:10.0 0:11.0 0:7.0 0:12.0 a:0.0 1:0.0 2:0.0 7:0.0 8:0.0 9:0.0 9:0.1 0:6.0)

for i in "$a" "$b" "$c" "$d" "$e" "$f"; do ip link set "$i" up; done
ip -6 address add fe80::1/64 dev "$b" nodad
ip address add 169.254.7.7/16 dev "$c"
free "twelve unused devices are free" "${all[@]}"
ip address flush dev "$c"
ip -6 address flush dev "$b"

# ---- disks ----

quiet mkfs.ext4 -q "/dev/$first"
quiet mount "/dev/$first" /mnt/one
truncate -s 16M /mnt/one/image
quiet losetup /dev/loop3 /mnt/one/image
quiet mkfs.ext4 -q /dev/loop3
quiet mount /dev/loop3 /mnt/two
used "$first > /mnt/one \(mount\) and 1 more" 0:10.0 "a mounted file system"
run xvtd --json show 0:10.0
is "$(jq -c '[.device.holders[]|[.what]+.chain]' <<<"$out")" \
	"[[\"mount\",\"$first\",\"/mnt/one\"],[\"mount\",\"$first\",\"/mnt/one/image\",\"loop3\",\"/mnt/two\"]]" \
	"show lists a loop device on a file of that mount"
quiet mkswap "/dev/$second"
quiet swapon "/dev/$second"
used "$second > swap \(swap\)" 0:11.0 "swap"
quiet mkfs.ext4 -q /dev/nvme0n1
quiet mount /dev/nvme0n1 /mnt/two
used "nvme0 > nvme0n1 > /mnt/two \(mount\)" a:0.0 "a namespace that several controllers may share"
quiet umount /mnt/two
quiet mkfs.ext4 -q /dev/sda
quiet mount /dev/sda /mnt/two
used "usb[12] > sda > /mnt/two \(mount\)" 0:7.0 "the controller of a mounted USB disk"
umount /mnt/two /mnt/two
losetup -d /dev/loop3
umount /mnt/one
swapoff "/dev/$second"
free "the unmounted disks are free" 0:10.0 0:11.0 a:0.0 0:7.0

no_udev='activation { udev_sync = 0 udev_rules = 0 } devices { obtain_device_list_from_udev = 0 }'
quiet wipefs -qa "/dev/$first" "/dev/$second"
quiet vgcreate -qq --config "$no_udev" vg-0 "/dev/$first"
quiet lvcreate -qqy -Wn -Zn --config "$no_udev" -l '100%FREE' -n data vg-0
quiet mkfs.ext4 -q /dev/mapper/vg--0-data
quiet mount /dev/mapper/vg--0-data /mnt/one
used "$first > dm-0 \(vg--0-data\) > /mnt/one \(mount\)" 0:10.0 "a logical volume"
quiet cryptsetup open --type plain --key-file /lab/dom0/lib.sh "/dev/$second" secret
quiet mkswap /dev/mapper/secret
quiet swapon /dev/mapper/secret
used "$second > dm-1 \(secret\) > swap \(swap\)" 0:11.0 "an encrypted disk"
umount /mnt/one
swapoff /dev/mapper/secret
free "volumes that nothing has opened are no use" 0:10.0 0:11.0
cryptsetup close secret
quiet vgremove -qqf --config "$no_udev" vg-0

quiet mdadm --quiet --create /dev/md7 --run --level=1 --metadata=1.2 --raid-devices=2 \
	--assume-clean "/dev/$first" "/dev/$second"
used "$second > md7 \(array\)" 0:11.0 "a member of a running array"
quiet mkfs.ext4 -q /dev/md7
quiet mount /dev/md7 /mnt/one
used "$first > md7 > /mnt/one \(mount\)" 0:10.0 "a mounted array"
umount /mnt/one
quiet mdadm --quiet --stop /dev/md7
quiet mkfs.btrfs -qf "/dev/$first" "/dev/$second"
quiet mount "/dev/$first" /mnt/one
used "$second > /mnt/one \(mount\)" 0:11.0 "the device of a btrfs that the mount does not name"
umount /mnt/one
quiet mke2fs -qF -O journal_dev "/dev/$second"
quiet mkfs.ext4 -qF -J "device=/dev/$second" "/dev/$first"
quiet mount "/dev/$first" /mnt/one
used "$second \(opened exclusively\)" 0:11.0 "a journal on a disk of its own"
umount /mnt/one
free "both disks are free again" 0:10.0 0:11.0

# ---- network ----

ip address add 192.0.2.1/24 dev "$b"
used "$b > 192\.0\.2\.1 \(address\)" 2:0.0 "an address"
run env SSH_CONNECTION="192.0.2.9 50022 192.0.2.1 22" xvtd --dry-run assignable add 2:0.0
like "$err" "$b > 192\.0\.2\.9 \(your ssh connection\) \(ssh\)" "the message names the ssh connection first"
ip address flush dev "$b"
ip address add 169.254.7.7/16 dev "$b"
ip route add default via 169.254.0.1 dev "$b"
used "$b > default route \(route\)" 2:0.0 "a default route without an address"
ip route del default
ip address flush dev "$b"
quiet ip link add "$c.5" link "$c" type vlan id 5
used "$c > $c\.5 \(vlan\)" 7:0.0 "a VLAN"
quiet ip link add bond7 type bond
ip link set "$d" down
quiet ip link set "$d" master bond7
used "$d > bond7 \(bond\)" 8:0.0 "a leg of a bond"
quiet ip link add link bond7 name macvlan7 type macvlan
used "$d > bond7 > macvlan7 \(macvlan\)" 8:0.0 "a macvlan on a bond"
quiet ip link add macvlan0 link "$e" type macvlan
ip address add 198.51.100.1/24 dev macvlan0
used "$e > macvlan0 > 198\.51\.100\.1 \(address\)" 9:0.0 "an address on a macvlan"
quiet ip link add br7 type bridge
quiet ip link set "$a" master br7
used "$a > br7 \(bridge\)" 1:0.0 "a port of a bridge"
ip link set br7 up
quiet xl network-attach vm1 bridge=br7
used "$a > br7 > vif[0-9]+\.0 > vm1 \(guest's network\)" 1:0.0 "a bridge with a guest's interface"
free "the unused function beside them is free" 9:0.1
for i in "$c.5" macvlan7 bond7 macvlan0; do ip link del "$i"; done
free "without these interfaces the devices are free" 2:0.0 7:0.0 8:0.0 9:0.0

# ---- guests ----

quiet xl block-attach vm1 "phy:/dev/$first,xvdb,w"
used "$first > vm1 \(xvdb\) \(guest's disk\)" 0:10.0 "a running guest's disk"
quiet mkfs.ext4 -qF "/dev/$second"
quiet mount "/dev/$second" /mnt/one
truncate -s 8M /mnt/one/vm1.img
quiet xl block-attach vm1 /mnt/one/vm1.img,raw,xvdc,w
used "$second > /mnt/one/vm1\.img (> loop[0-9] )?> vm1 \(xvdc\) \(guest's disk\) and 1 more" 0:11.0 \
	"a guest's disk in a file"
echo 0 >/sys/bus/pci/devices/0000:0a:00.0/sriov_drivers_autoprobe
echo 2 >/sys/bus/pci/devices/0000:0a:00.0/sriov_numvfs
free "a physical function whose virtual ones are idle is free" a:0.0
exits 0 "a virtual function goes to a guest" xvtd assign vm1 a:0.1
exits 3 "xvtd refuses its physical function" xvtd assignable add a:0.0 --allow=in-use
like "$err" "guest 'vm1' has its virtual function 0000:0a:00\.1" "the message names guest and virtual function"
like "$err" "hint: .*xvtd detach vm1 0000:0a:00\.1" "the hint names the detach"
exits 3 "pciback-bind refuses it, too" pciback-bind --driver=pci-stub a:0.0 --allow=in-use
is "$(driver 0a:00.0)" nvme "nothing was touched"
xl destroy vm1
await 30 guest_gone vm1
umount /mnt/one
exits 0 "assignable remove of the virtual function" xvtd assignable remove a:0.1
echo 0 >/sys/bus/pci/devices/0000:0a:00.0/sriov_numvfs
echo 1 >/sys/bus/pci/devices/0000:0a:00.0/sriov_drivers_autoprobe

# ---- and the rest ----

exec 9>/dev/watchdog0
used "watchdog0 \(watchdog\)" 0:12.0 "a watchdog that is armed"
printf V >&9
exec 9>&-
used "VGA text > tty0 \(console\)" 0:13.0 "the display that the console is on"
echo -n none >/sys/bus/serio/devices/serio0/drvctl
used "usb[12] > input[0-9]+ \(.*USB Keyboard\) \(only keyboard\)" 0:7.0 "the only keyboard"
echo -n rescan >/sys/bus/serio/devices/serio0/drvctl
await 10 grep -q 'AT Translated' /sys/class/input/input*/name

ip link del br7
for i in "$a" "$b" "$c" "$d" "$e" "$f"; do ip link set "$i" down; done
free "the twelve devices are free again" "${all[@]}"
exits 0 "assignable add takes them" xvtd assignable add 0:10.0 0:7.0 7:0.0
exits 0 "assignable remove returns them" xvtd assignable remove 0:10.0 0:7.0 7:0.0
done_testing
