# shellcheck shell=bash
# A boot needs, beside the image: the second disk with xvtd as built now, dom0's side
# of the lab and the scenarios; and the two initramfs.

# overlay IMAGE NAME FILE: the image's archive NAME with FILE as its /init.
overlay() {
	local tree
	tree=$(mktemp -d "$work/init.XXXXXX")
	install -m 755 "$3" "$tree/init"
	cat "$1/$2.cpio.gz"
	(cd "$tree" && echo init | cpio --quiet -o -H newc | gzip -1)
	rm -rf "$tree"
}

# packages STAGE: build the Debian packages and put them into the stage, as an archive of apt's,
# with a list of what `make install` installs. Returns 1 without the tools that build them.
packages() {
	[ -z "$own_release" ] || "$top/.ci/install-deps" deb >&2 || return 1
	say "building the Debian packages"
	inside make -s -C "$top" packages BUILD="$XVTD_BUILD" >"$work/packages.log" 2>&1 || {
		tail -n 30 "$work/packages.log" >&2
		die "'make packages' failed"
	}
	mkdir "$1/lab/packages"
	cp "$XVTD_BUILD"/deb/{xvtd,pciback-tools,libxvtd0,libxvtd-dev}_*.deb "$1/lab/packages/"
	(cd "$1/lab/packages" && inside dpkg-scanpackages -m . >Packages 2>/dev/null)
	make_install "$work/installed" UNITDIR=/lib/systemd/system LIBDIR="/usr/lib/$(inside gcc -dumpmachine)"
	(cd "$work/installed" && find . ! -type d | sed 's/^\.//' | LC_ALL=C sort) >"$1/lab/packages/files"
	rm -rf "$work/installed"
}

# make_install DESTDIR [VARIABLE=VALUE...]
make_install() {
	inside make -s -j "$(nproc)" -C "$top" install BUILD="$XVTD_BUILD" DESTDIR="$1" PREFIX=/usr "${@:2}" >"$work/install.log" 2>&1 || {
		tail -n 20 "$work/install.log" >&2
		die "'make install' failed, there is nothing to test"
	}
}

# install_xvtd STAGE: unpack the packages, if a scenario needed them and the build has no
# sanitizer; else run `make install`, which installs the same.
install_xvtd() {
	local deb
	if [ -n "${with_packages-}" ] && packages "$1" && [ -z "${SAN-}" ]; then
		for deb in "$1"/lab/packages/*.deb; do dpkg-deb -x "$deb" "$1"; done
		move_lib "$1"
	else
		make_install "$1"
	fi
}

# libvirt_debs IMAGE DIR: fetch libvirt's daemon and virsh, with what they need and the image lacks.
libvirt_debs() {
	local apt
	debugfs -R 'cat /var/lib/dpkg/status' "$1/dom0.img" >"$2/status" 2>/dev/null
	debian_sources >"$2/sources.list"
	mkdir -p "$2"/{lists,archives}/partial
	apt=(apt-get -q -y -o Dir::State::status="$2/status" -o Dir::State::lists="$2/lists"
		-o Dir::Etc::sourcelist="$2/sources.list" -o Dir::Etc::sourceparts=/dev/null
		-o Dir::Cache::archives="$2/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
		-o Debug::NoLocking=1 -o APT::Sandbox::User= -o Acquire::Languages=none)
	{
		"${apt[@]}" update && "${apt[@]}" --no-install-recommends --download-only install \
			libvirt-daemon-driver-xen libvirt-clients
	} >"$2/log" 2>&1 || {
		tail -n 20 "$2/log" >&2
		die "libvirt's packages cannot be had"
	}
	rm -rf "$2/lists"
}

# install_libvirt IMAGE STAGE: for scenarios with `libvirt: yes`; its files without its scripts.
install_libvirt() {
	local debs deb
	say "libvirt is installed in dom0"
	debs=$(cached libvirt "libvirt.$(basename "$1")" libvirt_debs "$1")
	for deb in "$debs"/archives/*.deb; do dpkg-deb -x "$deb" "$2"; done
	rm -rf "${2:?}"/usr/share/{doc,man,locale,info}
	move_lib "$2"
}

# move_lib STAGE: in dom0 /lib is a link, which unpacking a folder of that name could replace.
move_lib() {
	[ -d "$1/lib" ] || return 0
	cp -r "$1/lib/." "$1/usr/lib/"
	rm -r "${1:?}/lib"
}

# document_block LANGUAGE: the first block of that language in docs/plugin.md.
document_block() {
	sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/{/^\`\`\`/d;p}" "$top/docs/plugin.md"
}

# plugin_programs STAGE: the programs of docs/plugin.md, as a reader builds them.
plugin_programs() {
	mkdir -p "$1/lab/plugin"
	document_block python >"$1/lab/plugin/example.py"
	document_block c >"$1/lab/plugin/example.c"
	inside gcc -std=c11 -Wall -Wextra -Werror -I"$1/usr/include" -o "$1/lab/plugin/example" \
		"$1/lab/plugin/example.c" -L"$1/usr/lib" -L"$1/usr/lib/$(inside gcc -dumpmachine)" -lxvtd -Wl,--allow-shlib-undefined >&2 ||
		die "the program of docs/plugin.md does not compile"
}

# payload IMAGE: make payload.tar and dom0.initrd in $work.
payload() {
	local image=$1 stage=$work/stage
	qemu_program
	rm -rf "$stage"
	mkdir -p "$stage/lab/guest"
	if [ -n "${no_xvtd-}" ]; then
		say "xvtd is not installed in dom0"
	else
		install_xvtd "$stage"
		plugin_programs "$stage"
	fi
	[ -z "${with_libvirt-}" ] || install_libvirt "$image" "$stage"
	cp -r "$lab/dom0" "$lab/scenarios" "$lab/benches" "$stage/lab/"
	install -D -m 644 -t "$stage/lab/docs" "$top/docs/first-device.md"
	overlay "$image" guest "$lab/initrd/guest" >"$stage/lab/guest/initrd"
	ln -s /boot/vmlinuz "$stage/lab/guest/vmlinuz"
	[ -z "${with_controller-}" ] || control_keys "$stage"
	# The number of rounds and the seed, for scenarios with a random order (make soak).
	[ -z "${ROUNDS-}" ] || echo "$ROUNDS ${SEED:-1}" >"$stage/lab/soak"
	! declare -F payload_extra >/dev/null || payload_extra "$stage"
	tar -c --owner=0 --group=0 -f "$work/payload.tar" -C "$stage" .
	overlay "$image" dom0 "$lab/initrd/dom0" >"$work/dom0.initrd"
	rm -rf "$stage"
}
