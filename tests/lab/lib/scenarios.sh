# shellcheck shell=bash
# The scenarios, the declarations at their top, and the queue of a run.
#
#   # machine: NAME      of tests/lab/machines (base)
#   # guests: NAME...    plain guests that run when it starts (none)
#   # dom0: WORDS        more words on dom0's kernel command line (none)
#   # boots: NUMBER      of one machine that keeps its disk in between (1); the script
#                        runs in each; lab_boot has its number; see kept.sh
#   # packages: yes      with the Debian packages in /lab/packages, and xvtd installed from them
#   # libvirt: yes       with Debian's libvirt in dom0, which the scenario starts
#   # peer: MACHINE      a second machine, which the scenario controls by ssh; see peer.sh
#   # controller: yes    with a peer: the scenario runs on this machine; see control.sh
#   # named: yes         a run includes it only by its name
#   # release: NAME      only for that release of Debian
#   # core: yes          the second release runs it, too
#   # timeout: SECONDS   limit for its run in one boot (300)
#   # weight: SECONDS    about how long it takes, to plan the run (30)

# scenario_names [core]: the scenarios that this release can run, or those of its core, one a line.
scenario_names() {
	local file name
	for file in "$lab"/scenarios/*.sh; do
		name=$(basename "$file" .sh)
		[ "$(declared "$name" release "$XVTD_RELEASE")" = "$XVTD_RELEASE" ] || continue
		[ "$(declared "$name" named no)" = no ] || continue
		[ -z "$1" ] || [ "$(declared "$name" core no)" = yes ] || continue
		echo "$name"
	done
}

# declared NAME KEY DEFAULT
declared() {
	local value
	value=$(sed -n "/^[^#]/q; s/^# $2: *//p" "$scenario_dir/$1.sh" | head -n 1)
	echo "${value:-$3}"
}
scenario_dir=$lab/scenarios

# scenario_line NAME: its declarations, for a person.
scenario_line() {
	printf '%-24s machine %s, guests %s, about %s s%s\n' "$1" "$(declared "$1" machine base)" \
		"$(declared "$1" guests none)" "$(declared "$1" weight 30)" \
		"$(declared "$1" dom0 '' | sed 's/^./, dom0 &/')"
}

# queue_make NAME...: read all declarations, longest scenario first; sets the
# arrays queue (names), key (machine and dom0 words: what shares a boot),
# guests, limit and weight (by name), and keys (each key once).
queue_make() {
	declare -gA key guests limit weight boots_of
	declare -ga queue keys
	local name peer
	for name in "$@"; do
		key[$name]="$(declared "$name" machine base) $(declared "$name" dom0 '')"
		boots_of[$name]=$(declared "$name" boots 1)
		[ "${boots_of[$name]}" = 1 ] || key[$name]+=" $(kept_word "$name")" # a machine of its own
		peer=$(declared "$name" peer '')
		[ -z "$peer" ] || key[$name]+=" $(peer_word "$peer")"
		guests[$name]=$(declared "$name" guests '')
		[ -z "$(declared "$name" controller '')" ] || key[$name]+=" $control_word"
		limit[$name]=$(declared "$name" timeout 300)
		[ -z "${ROUNDS-}" ] || limit[$name]=$((limit[$name] + ROUNDS * 60))
		weight[$name]=$(declared "$name" weight 30)
	done
	mapfile -t queue < <(for name in "$@"; do echo "${weight[$name]} $name"; done |
		sort -k1,1nr -k2 | cut -d' ' -f2)
	mapfile -t keys < <(for name in "$@"; do echo "${key[$name]}"; done | sort | uniq -c |
		sort -k1,1nr | sed 's/^ *[0-9]* //')
}

# claim KEY GUESTS MINIMUM: take the next scenario of that KEY off the queue,
# if possible one with the same GUESTS; fails when the rest weighs less than
# MINIMUM seconds. Sets claimed.
claim() {
	local name left=0 same=() other=()
	for name in "${queue[@]}"; do
		[ "${key[$name]}" = "$1" ] && [ ! -e "$work/queue/$name" ] || continue
		left=$((left + weight[$name]))
		if [ "${guests[$name]}" = "$2" ]; then same+=("$name"); else other+=("$name"); fi
	done
	[ $left -ge "$3" ] || return 1
	for name in "${same[@]}" "${other[@]}"; do
		if mkdir "$work/queue/$name" 2>/dev/null; then
			claimed=$name
			return 0
		fi
	done
	return 1
}
