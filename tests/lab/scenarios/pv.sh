# machine: base
# guests:
# weight: 30
# timeout: 700
#
# xvtd lists and detaches a device that a PV guest has had since its creation.
. /lab/dom0/lib.sh

nic=0000:02:00.0
dir=$(mktemp -d /run/lab/pv.XXXXXX)

# An initramfs for this guest: it loads the PCI front end, and prints the devices that it sees.
mkdir -p "$dir/tree/bin"
cp /bin/busybox "$dir/tree/bin/"
module=$(find /lib/modules/ -name 'xen-pcifront.ko*')
case $module in
*.xz) busybox xzcat "$module" ;;
*) cat "$module" ;;
esac >"$dir/tree/xen-pcifront.ko"
cat >"$dir/tree/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys
/bin/busybox mount -t sysfs sys /sys
/bin/busybox insmod /xen-pcifront.ko
while :; do
	echo "lab: view $(/bin/busybox ls /sys/bus/pci/devices | /bin/busybox tr '\n' ' ')."
	/bin/busybox sleep 1
done
INIT
chmod 755 "$dir/tree/init"
(cd "$dir/tree" && find . | busybox cpio -o -H newc | gzip -1) >"$dir/initrd" 2>/dev/null

# says TEXT: the guest's last view is this.
says() {
	local line last=
	while IFS= read -r line; do
		case $line in *'lab: view '*) last=${line#*lab: view } ;; esac
	done <"$dir/console"
	[ "${last%$'\r'}" = "$1" ]
}

exits 0 "assignable add" xvtd assignable add "$nic"
ok "a PV guest is created with it" guest_create pv 'type = "pv"' "ramdisk = \"$dir/initrd\"" \
	'extra = "console=hvc0 quiet"' "pci = [ '$nic' ]" -vga -vnc -passthrough -serial
id=$(guest_id pv)
cat "$(xenstore-read "/local/domain/$id/console/tty")" >"$dir/console" &
ok "it sees the device" await 40 says "0000:00:00.0 ."
exits 0 "pci-list" xvtd pci-list pv
like "$out" "0x0000 0x02 0x00 0x0" "pci-list shows the device"
exits 3 "xvtd refuses to return the guest's device" xvtd assignable remove "$nic"
exits 0 "detach" xvtd detach pv "$nic" --return
ok "the guest has lost it" await 20 says .
is "$(driver "$nic")" e1000e "its driver has it back"
exits 0 "detach again is success" xvtd detach pv "$nic"
guest_destroy pv

# Without the front end the guest acknowledges nothing.
rm "$dir/tree/xen-pcifront.ko"
(cd "$dir/tree" && find . | busybox cpio -o -H newc | gzip -1) >"$dir/initrd" 2>/dev/null
exits 0 "assignable add" xvtd assignable add "$nic"
ok "a PV guest without a PCI front end is created" guest_create pv 'type = "pv"' \
	"ramdisk = \"$dir/initrd\"" 'extra = "console=hvc0 quiet"' "pci = [ '$nic' ]" -vga -vnc -passthrough -serial
exits 5 "detach reports that this guest keeps the device" xvtd detach pv "$nic" --return --timeout=3
like "$err" "'pv' has not acknowledged the removal; the request is still pending" "the message says that the request is pending"
is "$(driver "$nic")" pciback "pciback keeps the device"
guest_destroy pv

# libxl has left its backend entry behind.
exits 0 "assignable remove works after the guest's end" xvtd assignable remove "$nic"
is "$(driver "$nic")" e1000e "e1000e has the device again"
done_testing
