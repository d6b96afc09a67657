# machine: base
# dom0: xen-pciback.hide=(0000:02:00.0),(0000:07:00.0)
# boots: 5
# weight: 220
# timeout: 900
#
# Devices hidden at boot, with real boots: by the command line, by modprobe.d in an initramfs
# that update-initramfs made, by udev; and a late module, a typo and an overlong line, each
# failing as pciback-hide says.
. /lab/dom0/lib.sh

version=$(uname -r)
status=''

# hidden BDF...: these and no others are in pciback, and e1000e has never seen them.
hidden() {
	local bdf
	is "$(host_drivers | sed -n 's/ pciback$//p' | tr '\n' ' ')" "$* " "pciback has $* and nothing else"
	for bdf; do
		unlike "$(dmesg)" "e1000e $bdf" "e1000e has never seen $bdf"
	done
	is "$(driver 01:00.0)" e1000e "another device of that kind has its driver"
}

# look CODE NAME: run pciback-hide --status as JSON, into $status.
look() {
	exits "$1" "$2" pciback-hide --json --status
	status=$out
}

# cause BDF: the cause in $status, or nothing.
cause() {
	jq -r --arg bdf "$1" '.devices[] | select(.bdf == $bdf) | .cause // ""' <<<"$status"
}

# mkgrub SCRIPT...: run these scripts of GRUB alone, as the others take long.  Sets xen_lines (the
# dom0 lines of the Xen entries) and other_lines (the kernel lines of the others).
mkgrub() {
	chmod -x /etc/grub.d/*
	(cd /etc/grub.d && chmod +x "$@")
	ok "grub-mkconfig" grub-mkconfig -o /run/lab/grub.cfg
	xen_lines=$(grep -E '^\s*module2?\s.*vmlinuz' /run/lab/grub.cfg)
	other_lines=$(grep -E '^\s*linux\s' /run/lab/grub.cfg)
}

# etc: a checksum of everything in /etc except times.
etc() {
	tar -c --sort=name --mtime=@0 -C / etc | sha256sum
}

case $lab_boot in
1)
	is "$(driver 02:00.0)" e1000e "a typo on the command line: nothing is hidden"
	like "$(dmesg)" 'Error parsing pci_devs_to_hide' "the driver logs the typo"
	exits 2 "--lint finds the typo" pciback-hide --lint '(0000:02:00.0),(0000:07:00.0)'
	exits 2 "--lint-file finds the typo" pciback-hide --lint-file /proc/cmdline
	like "$err" "offset 14: ',' does not belong between entries" "the message names the place"
	exits 3 "--install refuses dom0's disk" pciback-hide --install 0:3.0
	like "$err" "dom0 uses it" "the message says that dom0 uses it"
	before=$(etc)
	for method in grub modprobe udev; do
		exits 0 "--method=$method" pciback-hide --install --method=$method 2:0.0 9:0.*
		exits 0 "--method=$method again is success" pciback-hide --install --method=$method 2:0.0 9:0.*
		like "$out" "already installed" "the output says that it is installed already"
	done
	exits 0 "--uninstall" pciback-hide --uninstall
	is "$(etc)" "$before" "/etc is as it was, to the byte"
	exits 0 "--install --method=grub" pciback-hide --install --method=grub 2:0.0 7:0.0
	look 1 "--status finds a difference"
	is "$(cause 0000:02:00.0)" typo "the cause is typo"

	hide='xen-pciback.hide=(0000:02:00.0)(0000:07:00.0)'
	mkgrub 00_header 10_linux 20_linux_xen
	isnt "$xen_lines" "" "there are Xen entries"
	is "$(grep -vF "$hide" <<<"$xen_lines")" "" "each Xen entry has the parameter"
	isnt "$other_lines" "" "there are entries without Xen"
	is "$(grep -F "$hide" <<<"$other_lines")" "" "no entry without Xen has the parameter"
	{
		echo 'GRUB_CMDLINE_LINUX_XEN_REPLACE="mine=1"'
		echo 'GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT="mine=2"'
	} >>/etc/default/grub.d/xen.cfg
	mkgrub 20_linux_xen
	is "$(grep -vF "mine=1 $hide" <<<"$xen_lines")" "" "REPLACE variables do not remove the parameter"
	like "$xen_lines" "mine=2" "REPLACE variables keep their words"

	# Ways to fail: the module is loaded too late, a built-in driver has the bridge, a
	# virtual function is not there yet, and a device is absent.
	pciback-hide --install --method=grub --allow=absent 2:0.0 0:1c.0 a:0.1 1f:0.0 >/dev/null 2>&1
	value='(0000:00:1c.0)(0000:02:00.0)(0000:0a:00.1)(0000:1f:00.0)'
	exits 0 "--lint accepts the value" pciback-hide --lint "$value"
	ok "the driver accepts the value" modprobe xen-pciback "hide=$value"
	is "$(driver 02:00.0) $(driver 00:1c.0)" "e1000e pcieport" "the driver does not take the devices"
	look 1 "--status finds these differences"
	is "$(cause 0000:02:00.0)" module-late "the cause is a module that was loaded late"
	is "$(cause 0000:00:1c.0)" native-driver "the cause is a driver built into the kernel"
	is "$(cause 0000:0a:00.1)" vf "the cause is a PF that has yet to make it"
	is "$(cause 0000:1f:00.0)" absent "the cause is an absent device"
	pciback-hide --install --method=grub 2:0.0 7:0.0 >/dev/null
	echo "words lab.pciback=no $(head -n 1 <<<"$xen_lines" | grep -oE 'xen-pciback.hide=\S+')" >/lab/next
	;;
2)
	hidden 0000:02:00.0 0000:07:00.0
	look 0 "command line: --status finds no difference"
	echo "pci = [ '02:00.0@7', '09:00.*' ]" >/etc/xen/vm1.cfg
	exits 0 "--install --from-cfg chooses a method" pciback-hide --install --from-cfg /etc/xen/vm1.cfg
	like "$out" "method modprobe: xen-pciback is a module" "the chosen method is modprobe.d"
	ok "GRUB's file is deleted" test ! -e /etc/default/grub.d/zz-xvtd-hide.cfg
	# The initramfs needs the native driver. Remove hooks that have nothing to do with it:
	# they take minutes under emulation.
	rm -f /usr/share/initramfs-tools/hooks/{mdadm,lvm2,btrfs,dmsetup,fsck,keymap,thermal,cryptroot*}
	printf 'MODULES=list\nCOMPRESS=gzip\nCOMPRESSLEVEL=1\n' >/etc/initramfs-tools/conf.d/lab
	printf '%s\n' e1000e virtio_pci virtio_blk ext4 >>/etc/initramfs-tools/modules
	exits 1 "--status --next fails before the initramfs is made" pciback-hide --status --next
	like "$out" "update-initramfs -[cu] -k $version" "the output names the missing step"
	exits 0 "update-initramfs" update-initramfs -c -k "$version"
	exits 0 "--status --next passes after that" pciback-hide --status --next
	like "$out" "$version +/boot/initrd.img-$version +yes" "that kernel will hold them"
	echo "words lab.pciback=no" >/lab/next
	echo "initrd /boot/initrd.img-$version" >>/lab/next
	;;
3)
	like "$lab_cmdline" 'init=/lab/dom0/init-initramfs' "this is an initramfs of Debian's"
	hidden 0000:02:00.0 0000:09:00.0 0000:09:00.1
	look 0 "modprobe.d: --status finds no difference"
	sed -i '/device 0000:02:00.0/s/10d3/10d4/' /etc/modprobe.d/xvtd-hide.conf
	look 1 "--status finds another device at one address"
	is "$(cause 0000:02:00.0)" renumbered "the cause is renumbered"
	exits 0 "--install --method=udev" pciback-hide --install --method=udev 1:0.0 7:0.0 9:0.*
	# Pretend that another device was at 07:00.0 then.
	sed -i '/07:00.0/s/10d3/10d4/g' /etc/udev/rules.d/10-xvtd-hide.rules
	# The rules must be in the initramfs, which loads the drivers first.
	exits 0 "the hook of initramfs-tools runs" env DESTDIR=/run/lab/initramfs verbose=n version="$version" \
		MODULESDIR="/lib/modules/$version" /etc/initramfs-tools/hooks/xvtd-hide
	ok "the hook copies the rules into the initramfs" cmp {,/run/lab/initramfs}/etc/udev/rules.d/10-xvtd-hide.rules
	echo "words lab.pciback=no lab.udev" >/lab/next
	;;
4)
	is "$(host_drivers | sed -n 's/ pciback$//p' | tr '\n' ' ')" "0000:01:00.0 0000:09:00.0 0000:09:00.1 " \
		"udev: pciback has these and nothing else"
	unlike "$(dmesg)" "e1000e 0000:(01|09):00" "e1000e has never seen them"
	is "$(driver 07:00.0)" e1000e "a device of another identity is not claimed"
	look 1 "--status finds that difference"
	is "$(cause 0000:07:00.0)" renumbered "the cause is another identity"
	is "$(cause 0000:09:00.1)" "" "the other devices agree"
	exits 0 "--install without that device" pciback-hide --install --method=udev 1:0.0 9:0.*
	look 0 "udev: --status finds no difference"
	exits 0 "--uninstall at the end" pciback-hide --uninstall
	ok "no file is left" test -z "$(find /etc -name '*xvtd-hide*')"
	pciback-hide --install --method=grub 2:0.0 7:0.0 >/dev/null
	long=$(for bus in {10..82}; do printf '(0000:%s:00.0)' "$bus"; done)
	# The cut must be within an entry: the driver would not notice a cut between two.
	before="${lab_cmdline%% lab.pciback*} "
	(((1023 - ${#before} - 17) % 14)) || pad='pad '
	echo "words ${pad-}xen-pciback.hide=$long(0000:02:00.0)" >/lab/next
	;;
5)
	is "$(wc -c </proc/cmdline)" 1024 "an overlong line: Xen has cut it"
	is "$(driver 02:00.0)" e1000e "nothing is hidden"
	exits 2 "--lint-file finds the error in the cut line" pciback-hide --lint-file /proc/cmdline
	look 1 "--status finds a difference at boot"
	is "$(cause 0000:02:00.0)" too-long "the cause is too-long"
	;;
esac
done_testing
