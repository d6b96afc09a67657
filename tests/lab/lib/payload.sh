# shellcheck shell=bash
# What goes into a boot beside the image: the second disk with xvtd as it is
# built now, dom0's side of the lab and the scenarios; and the two initramfs.

# overlay IMAGE NAME FILE: the image's archive NAME with FILE as its /init.
overlay() {
	local tree
	tree=$(mktemp -d "$work/init.XXXXXX")
	install -m 755 "$3" "$tree/init"
	cat "$1/$2.cpio.gz"
	(cd "$tree" && echo init | cpio --quiet -o -H newc | gzip -1)
	rm -rf "$tree"
}

# payload IMAGE: make payload.tar and dom0.initrd in $work.
payload() {
	local image=$1 stage=$work/stage
	rm -rf "$stage"
	mkdir -p "$stage/lab/guest"
	if [ -n "${no_xvtd-}" ]; then
		say "xvtd is not installed in dom0"
	else
		make -s -C "$top" install DESTDIR="$stage" PREFIX=/usr SYSCONFDIR=/etc >"$work/install.log" 2>&1 || {
			tail -n 20 "$work/install.log" >&2
			die "'make install' failed, there is nothing to test"
		}
	fi
	cp -r "$lab/dom0" "$lab/scenarios" "$lab/benches" "$stage/lab/"
	overlay "$image" guest "$lab/initrd/guest" >"$stage/lab/guest/initrd"
	ln -s /boot/vmlinuz "$stage/lab/guest/vmlinuz"
	! declare -F payload_extra >/dev/null || payload_extra "$stage"
	tar -c --owner=0 --group=0 -f "$work/payload.tar" -C "$stage" .
	overlay "$image" dom0 "$lab/initrd/dom0" >"$work/dom0.initrd"
	rm -rf "$stage"
}
