# machine: base
# guests: vm1
# packages: yes
# weight: 40
# timeout: 480
#
# The Debian packages: after an installation everything works; after a removal a guest keeps its
# device; after a purge nothing is left.
. /lab/dom0/lib.sh

debs=/lab/packages
all=(xvtd pciback-tools libxvtd0 libxvtd-dev)
if ! [ -d $debs ]; then
	skip "the packages" "they were not built"
	done_testing
fi

# files: every path on the disk except dpkg's own records, and the target of each link.
files() {
	find / -xdev \( -path /var/lib/dpkg -o -path /var/log -o -path /lab \) -prune -o \
		! -type d -printf '%p %l\n' -o -type d -printf '%p/\n' | LC_ALL=C sort
}

# The lab has installed the programs under test: remove them now, and unpack them again at the end.
tar -tf /dev/vdb | sed -n 's,^\.,,p' | grep -v '^/lab/' >/run/lab/ours
grep -v '/$' /run/lab/ours | xargs rm -f
grep '/$' /run/lab/ours | sort -r | xargs rmdir 2>/dev/null
hash -r
not_ok "there is no xvtd" command -v xvtd
files >/run/lab/before

# The image's dpkg leaves out manual pages.
install_debs() {
	dpkg --path-include='/usr/share/man/*' --path-include='/usr/share/doc/*' -i "$@"
}
began=$(date +%s%N)
exits 0 "pciback-tools is installed, alone" install_debs $debs/pciback-tools_*.deb
diag "in $((($(date +%s%N) - began) / 1000000)) ms"
exits 0 "pciback-bind works" pciback-bind --driver=pciback 2:0.0
is "$(driver 02:00.0)" pciback "pciback has the device"
exits 0 "pciback-unbind works" pciback-unbind 2:0.0
exits 0 "pciback-hide works" pciback-hide 2:0.0
is "$out" 'xen-pciback.hide=(0000:02:00.0)' "the parameter has the device"
exits 0 "xvtd is installed" install_debs $debs/xvtd_*.deb
exits 0 "libxvtd is installed" install_debs $debs/libxvtd0_*.deb $debs/libxvtd-dev_*.deb
exits 0 "the packages are whole" dpkg --verify "${all[@]}"
is "$out" "" "dpkg --verify prints nothing"
exits 0 "there is nothing left to configure" dpkg --audit
is "$out" "" "dpkg --audit prints nothing"

depends=$(dpkg-query -W -f '${Depends}' pciback-tools)
like "$depends" 'libkmod2.*libmount1' "libraries opened at run time are dependencies"
unlike "$depends" 'libxenmisc|xvtd' "pciback-tools does not depend on libxl"

# packaged: the packages' files, without those that Debian wants in every package; units have the
# release's path.
packaged() {
	local file
	dpkg -L "${all[@]}" | grep -vE '^$|^/usr/share/(doc|lintian)/' | while read -r file; do
		[ -d "$file" ] || echo "${file%.gz}"
	done | sed 's,^/usr/lib/systemd/,/lib/systemd/,' | LC_ALL=C sort
}
is "$(packaged | diff - $debs/files)" "" "the packages have the files of make install"

for program in xvtd pciback-hide pciback-bind pciback-unbind; do
	is "$($program --version)" "$program $(dpkg-query -W -f '${Version}' xvtd)" "$program has the packages' version"
	ok "$program has a manual page" test -e /usr/share/man/man8/$program.8.gz
	ok "$program has completion" test -e /usr/share/bash-completion/completions/$program
done
like "$(zcat /usr/share/man/man8/pciback-unbind.8.gz)" 'pciback.{1,2}unbind' "the second name of a page works"

# completes LINE: what bash offers there, on this host.
completes() {
	COMP_LINE=$1 COMP_POINT=${#1} _xvtd_complete_xvtd
	echo "${COMPREPLY[*]}"
}
# shellcheck source=/dev/null
. /usr/share/bash-completion/completions/xvtd
is "$(completes 'xvtd assign v')" vm1 "bash completes the guest"
is "$(completes 'xvtd assign vm1 02')" 02:00.0 "bash completes the device"

# enabled: print each service that neither systemd nor sysvinit would start.
enabled() {
	local file name
	for file in /lib/systemd/system/xvtd*.service /etc/init.d/xvtd*; do
		[ -e "$file" ] || continue
		name=${file##*/}
		compgen -G "/etc/systemd/system/*.wants/$name" >/dev/null ||
			compgen -G "/etc/rc2.d/S*$name" >/dev/null || echo "$name"
	done
}
is "$(enabled)" "" "each service is enabled"

exits 0 "the device goes to vm1" xvtd assign vm1 2:0.0 7
ok "vm1 drives the device" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
exits 0 "the packages can be upgraded" install_debs $debs/*.deb
exits 0 "the packages can be removed" dpkg -r "${all[@]}"
like "$(xl pci-list vm1)" "02 00.0|0000:02:00.0" "vm1 still has its device"
ok "vm1 still drives its device" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
exits 0 "xl detaches it" xl pci-detach vm1 02:00.0
exits 0 "xl returns it" xl pci-assignable-remove -r 02:00.0
is "$(driver 02:00.0)" e1000e "e1000e has the device again"
manifest=/var/lib/xvtd/00000000-0000-4000-8000-000000000001.json
mkdir -p ${manifest%/*}
echo '{}' >$manifest
exits 0 "the packages can be purged" dpkg -P "${all[@]}"
like "$out$err" "has devices that wait for their guests" "the purge reports the pending manifest"
ok "the manifest stays" test -f $manifest
rm -r ${manifest%/*}
is "$(files | diff /run/lab/before -)" "" "nothing is left on the disk"

tar -x --keep-directory-symlink -f /dev/vdb -C /
exits 0 "xvtd is there again" xvtd --version
done_testing
