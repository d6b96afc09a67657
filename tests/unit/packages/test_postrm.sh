#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A purge of the package leaves what devices wait for, and says so; nothing else stays.
set -u
cd "$(dirname "$0")/../../.." || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
n=0 failed=0

# is GOT WANT NAME
is() {
	n=$((n + 1))
	if [ "$1" = "$2" ]; then
		echo "ok $n - $3"
	else
		echo "not ok $n - $3"
		echo "# got:  '$1'"
		echo "# want: '$2'"
		failed=1
	fi
}

# postrm WORD: run the script as dpkg would, below $dir; $said gets its output.
postrm() {
	sed "s,/etc/xvtd,$dir/etc,g; s,/var/lib/xvtd,$dir/state,g; s,/proc/sys/kernel/random/boot_id,$dir/boot,g" \
		debian/xvtd.postrm >"$dir/postrm"
	said=$(sh "$dir/postrm" "$1" 2>&1) || said+=" exit $?"
}

# prepare: a host with everything that xvtd keeps, none of it pending.
prepare() {
	rm -rf "${dir:?}/etc" "$dir/state"
	mkdir -p "$dir/etc" "$dir/state/journal"
	echo this-boot >"$dir/boot"
	echo 2:0.0 >"$dir/etc/assignable"
	echo '{"schema":"xvtd-journal/1","boot":"an-old-boot"}' >"$dir/state/journal/old"
	: >"$dir/state/other"
}
files() { (cd "$dir" && find etc state -type f 2>/dev/null | sort | xargs); }

prepare
postrm remove
is "$(files)" "etc/assignable state/journal/old state/other" "a removal keeps all"
is "$said" "" "without a word"
postrm purge
is "$(ls -d "$dir/etc" "$dir/state" 2>/dev/null)" "" "a purge leaves nothing"
is "$said" "" "without a word"
postrm purge
is "$said" "" "nor does a second one"

prepare
echo '{}' >"$dir/state/00000000-0000-4000-8000-000000000001.json"
postrm purge
is "$(files)" "state/00000000-0000-4000-8000-000000000001.json" "a manifest stays, alone"
is "${said%%$'\n'*}" "xvtd: $dir/state stays: it has devices that wait for their guests." "and is named"

prepare
echo '{"schema":"xvtd-journal/1","boot":"this-boot"}' >"$dir/state/journal/new"
postrm purge
is "$(files)" "state/journal/new" "the journal of this boot stays, alone"
is "$(grep -c 'rm -r' <<<"$said")" 1 "with the command that forgets it"
echo "1..$n"
exit $failed
