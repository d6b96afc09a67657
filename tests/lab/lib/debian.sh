# shellcheck shell=bash
# Trees of a Debian release, made by mmdebstrap and kept in the cache.

# cached NAME KEY COMMAND...: print the folder of the cache that COMMAND fills; it runs with an
# empty folder as its last operand, only when there is none for that KEY yet.
cached() {
	local name=$1 out=$XVTD_LAB_CACHE/$2 tmp=$XVTD_LAB_CACHE/tmp.$2
	shift 2
	if [ ! -e "$out/complete" ]; then
		mkdir -p "$XVTD_LAB_CACHE"
		exec 9>"$out.lock"
		flock -n 9 || {
			say "$name: waiting for another builder"
			flock 9
		}
	fi
	if [ ! -e "$out/complete" ]; then
		rm -rf "$tmp"
		mkdir "$tmp"
		# shellcheck disable=SC2064 # the folder as it is called now
		trap "rm -rf '$tmp'" EXIT
		# mmdebstrap starts helpers for each package: do not let it find the user's own python.
		PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" "$tmp"
		touch "$tmp/complete"
		rm -rf "$out"
		mv "$tmp" "$out"
		trap - EXIT
		say "$name: ready ($(du -sh "$out" | cut -f1))"
		# Delete folders of older package lists that have not been used for a week.
		find "$XVTD_LAB_CACHE" -mindepth 1 -maxdepth 1 -mtime +7 -exec rm -rf {} +
	fi
	exec 9>&-
	touch "$out"
	echo "$out"
}

# debian_sources: print the archives that this machine uses, for the lab's release.
debian_sources() {
	local uri origin label
	apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 'Created-By: Packages' |
		sort -u | while read -r uri origin label; do
		[ "$origin" = Debian ] || continue
		case $label in
		*Security*) echo "deb $uri $XVTD_RELEASE-security main" ;;
		*Backports*) ;;
		*) echo "deb $uri $XVTD_RELEASE main" ;;
		esac
	done | sort -u
}

# debian_tree NAME TARGET WORK PACKAGES [MMDEBSTRAP-OPTION...]: install PACKAGES (a,b,c) of the
# lab's release and what they need; WORK is a folder for temporary files.
debian_tree() {
	local name=$1 target=$2 work=$3 include=$4 mirror=() builder shown=0 now
	shift 4
	debian_sources >"$work/sources.list"
	[ ! -s "$work/sources.list" ] || mirror=("$work/sources.list")
	say "$name: installing $(tr ',' '\n' <<<"$include" | wc -l) packages of Debian's $XVTD_RELEASE and what they need"
	mmdebstrap --variant=minbase --include="$include" "$@" --aptopt='Acquire::Languages "none"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
		"$XVTD_RELEASE" "$target" "${mirror[@]}" >"$work/log" 2>&1 </dev/null 9>&- &
	builder=$!
	while kill -0 $builder 2>/dev/null; do
		sleep 1
		now=$(grep -c '^Setting up' "$work/log" || true)
		if [ $((now / 60)) -gt $((shown / 60)) ]; then
			shown=$now
			say "$name: $now packages set up"
		fi
	done
	if ! wait $builder; then
		tail -n 25 "$work/log" >&2
		unavailable "a tree of Debian's $XVTD_RELEASE could not be made (see above)"
	fi
	rm -f "$work/sources.list"
}

# root_dir: the build root of the lab's release, made when there is none.
root_dir() {
	cached root "root.$(
		{
			echo "$XVTD_RELEASE"
			root_packages
			declare -f debian_tree root_make
		} | sha256sum | cut -c1-16
	)" root_make
}

root_packages() {
	"$top/.ci/install-deps" --list --release="$XVTD_RELEASE" build deb qemu | paste -sd,
}

# root_make DIR: leave /dev out: inside() mounts this machine's.
root_make() {
	debian_tree root "$1/root.tar" "$1" "$(root_packages)"
	mkdir "$1/root"
	tar -x -f "$1/root.tar" -C "$1/root" --exclude='./dev/*'
	rm "$1/root.tar"
}

# inside COMMAND...: run it here if this machine has the lab's release, else in that release's
# build root, which shares devices and processes with this machine, and the project's folders.
inside() {
	local root user=() dir
	if [ -n "$own_release" ]; then
		"$@"
		return
	fi
	root=$(root_dir)/root
	[ "$(id -u)" = 0 ] || user=(--map-root-user)
	for dir in "$top" "$XVTD_BUILD"; do mkdir -p "$dir" "$root$dir"; done
	unshare "${user[@]}" --mount --propagation private sh -ec '
		root=$1 top=$2 build=$3 from=$4
		shift 4
		for dir in /dev /proc /sys; do mount --rbind $dir "$root$dir"; done
		mount -t tmpfs tmp "$root/tmp"
		cat /etc/resolv.conf >"$root/etc/resolv.conf" # to install more packages there
		mount --bind "$top" "$root$top"
		mount --bind "$build" "$root$build"
		exec chroot "$root" env -u LD_LIBRARY_PATH -u TMPDIR -u CC HOME=/root \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -ec "cd \"\$1\"; shift; exec \"\$@\"" - "$from" "$@"
	' - "$root" "$top" "$XVTD_BUILD" "$top" "$@"
}

# qemu_program: set the array qemu_program, QEMU of the lab's release.  A foreign one runs with
# its own loader and libraries, so that all paths are this machine's.
qemu_program() {
	local root
	qemu_program=(qemu-system-x86_64)
	[ -z "$own_release" ] || return 0
	root=$(root_dir)/root/usr
	qemu_program=(env "QEMU_MODULE_DIR=$root/lib/x86_64-linux-gnu/qemu"
		"$root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
		--library-path "$root/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu/pulseaudio"
		"$root/bin/qemu-system-x86_64" -L "$root/share/seabios" -L "$root/share/qemu")
}
