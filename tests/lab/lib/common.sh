# shellcheck shell=bash
# What every host-side program of the lab shares: paths, messages, packages.

set -euo pipefail

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
top=$(cd "$lab/../.." && pwd)
: "${XVTD_LAB_CACHE:=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/xvtd-lab}"
: "${XVTD_BUILD:=$top/build}"

# The exit code of "the lab cannot run here", as opposed to "it ran and failed".
# shellcheck disable=SC2034 # for the programs that read this file
EXIT_UNAVAILABLE=77

# The Debian release that the dom0 image is made of; the package names in
# .ci/packages belong to it.
# shellcheck disable=SC2034
SUITE=bookworm

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

# need_packages: install what the lab needs, or say why it cannot run.
need_packages() {
	"$top/.ci/install-deps" lab >&2 ||
		unavailable "the packages that the lab needs are missing and cannot be installed"
	command -v qemu-system-x86_64 >/dev/null || unavailable "there is no qemu-system-x86_64"
}
