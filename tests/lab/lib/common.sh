# shellcheck shell=bash
# Shared by all host-side programs of the lab: paths, messages, packages.

set -euo pipefail

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
top=$(cd "$lab/../.." && pwd)
: "${XVTD_LAB_CACHE:=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/xvtd-lab}"
: "${XVTD_BUILD:=$top/build}"

# The exit code of "the lab cannot run here", as opposed to "it ran and failed".
# shellcheck disable=SC2034 # for the programs that read this file
EXIT_UNAVAILABLE=77

# The lab boots this Debian release, builds in it and takes QEMU from it: this machine's own, if the
# lab knows it, else the newest that it knows. A build for another release has a folder of its own.
releases='trixie bookworm'
own_release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
case " $releases " in
*" $own_release "*) : "${XVTD_RELEASE:=$own_release}" ;;
*) : "${XVTD_RELEASE:=${releases%% *}}" ;;
esac
export XVTD_RELEASE
if [ "$own_release" != "$XVTD_RELEASE" ]; then
	own_release=
	XVTD_BUILD=${XVTD_BUILD%/"$XVTD_RELEASE"}/$XVTD_RELEASE
fi

lab_start=$EPOCHSECONDS

# say TEXT...: one line of progress, with the seconds since the start.
say() {
	printf '%4ds  %s\n' $((EPOCHSECONDS - lab_start)) "$*" >&2
}

die() {
	echo "lab: $*" >&2
	exit 1
}

# unavailable TEXT...: the lab cannot run on this machine.
unavailable() {
	echo "lab: $*" >&2
	exit "$EXIT_UNAVAILABLE"
}

case " $releases " in
*" $XVTD_RELEASE "*) ;;
*) die "XVTD_RELEASE=$XVTD_RELEASE is none of the releases that the lab knows: $releases" ;;
esac

# need_packages: install what the lab needs, or say why it cannot run.
need_packages() {
	"$top/.ci/install-deps" lab ${own_release:+qemu} >&2 ||
		unavailable "the packages that the lab needs are missing and cannot be installed"
}

. "$lab/lib/debian.sh"
