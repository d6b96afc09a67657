# shellcheck shell=bash
# shellcheck disable=SC2154 # operands, options: the tables
# Bash completion for this project's programs. What a program takes is in the tables at the
# end, made of its command records; what the host has is looked up here. Nothing here runs
# with --root DIR but below DIR, and nothing asks for more than `xl list`.

# _xvtd_functions [CLASS]: the host's PCI functions; without bridges, unless "all" is given.
# In full, or without the segment when that is how cur has begun.
_xvtd_functions() {
	local path class bdf full=() brief=()
	for path in "$root"/sys/bus/pci/devices/*; do
		[ -e "$path" ] || continue
		bdf=${path##*/}
		class=
		if [ "${1-}" != all ] && [ -r "$path/class" ]; then
			read -r class <"$path/class"
		fi
		case $class in
		0x06*) ;;
		*)
			[[ $bdf != "$cur"* ]] || full+=("$bdf")
			[[ $bdf != "0000:$cur"* ]] || brief+=("${bdf#0000:}")
			;;
		esac
	done
	if [ ${#full[@]} -gt 0 ]; then
		printf '%s\n' "${full[@]}"
	elif [ ${#brief[@]} -gt 0 ]; then
		printf '%s\n' "${brief[@]}"
	fi
	return 0
}

# _xvtd_names: what `xvtd name` has given to devices.
_xvtd_names() {
	local name
	[ -r "$root/etc/xvtd/names" ] || return 0
	while read -r name _; do
		case $name in
		'' | '#'*) ;;
		*) echo "$name" ;;
		esac
	done <"$root/etc/xvtd/names"
}

# _xvtd_interfaces: network interfaces and disks with a device of their own.
_xvtd_interfaces() {
	local path
	for path in "$root"/sys/class/net/*/device "$root"/sys/block/*/device; do
		[ -e "$path" ] || continue
		path=${path%/device}
		case $path in
		*/block/*) echo "/dev/${path##*/}" ;;
		*) echo "${path##*/}" ;;
		esac
	done
}

# _xvtd_domains: guests that run.
_xvtd_domains() {
	local name id
	[ -z "$root" ] || return 0
	xl list 2>/dev/null | while read -r name id _; do
		case $id in
		'' | *[!0-9]* | 0) ;;
		*) echo "$name" ;;
		esac
	done
}

# _xvtd_offer KIND...: words that fit cur, as an operand or a value of these kinds (the
# names that the help uses, or the words themselves in lower case).
_xvtd_offer() {
	local kind words=() files=''
	for kind; do
		case $kind in
		BDF | SPEC) mapfile -t -O ${#words[@]} words < <(_xvtd_functions && _xvtd_names) ;;
		DEVICE) mapfile -t -O ${#words[@]} words < <(_xvtd_functions all && _xvtd_names && _xvtd_interfaces) ;;
		DOMAIN | FROM | TO) mapfile -t -O ${#words[@]} words < <(_xvtd_domains) ;;
		FILE | MANIFEST) files=-f ;;
		DIR) files=-d ;;
		CMD) mapfile -t -O ${#words[@]} words < <(compgen -c -- "$cur") ;;
		SETTING) words+=(mac= vlan= trust=on trust=off spoofchk=on spoofchk=off rate=) ;;
		USER) mapfile -t -O ${#words[@]} words < <(compgen -u -- "$cur") ;;
		HOST) mapfile -t -O ${#words[@]} words < <(compgen -A hostname -- "$cur") ;;
		*[!a-z0-9-]*) ;;
		*) words+=("$kind") ;;
		esac
	done
	if [ -n "$files" ]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen $files -- "$cur")
	fi
	_xvtd_reply "${words[@]}"
}

# _xvtd_reply WORD...: those that begin like cur and are not on the line already.
_xvtd_reply() {
	local word
	for word; do
		[[ $word == "$cur"* && " ${given[*]} " != *" $word "* ]] || continue
		COMPREPLY+=("$word")
	done
}

# _xvtd_kinds OPERANDS POSITION: what may stand there, as in "DOMAIN BDF [VSLOT] | DOMAIN SPEC...".
_xvtd_kinds() {
	local text=$1 position=$2 alternative words word optional i kinds=()
	while [ -n "$text" ]; do
		alternative=${text%%" | "*}
		text=${text#"$alternative"}
		text=${text#" | "}
		read -ra words <<<"$alternative"
		i=-1
		for word in "${words[@]}"; do
			case $word in -*) continue ;; esac
			i=$((i + 1))
			optional=
			[[ $word != '['* ]] || optional=1
			word=${word//[][]/}
			if [ $i -lt "$position" ] && [[ $word != *... ]]; then continue; fi
			kinds+=("${word%...}")
			[ -n "$optional" ] || break # else it may be the next one already
		done
	done
	IFS='|' read -ra kinds <<<"$(IFS='|' && echo "${kinds[*]}")"
	_xvtd_offer "${kinds[@]}"
}

# _xvtd_value OPTION: the words that an option's argument can be; 1 when it takes none.
_xvtd_value() {
	local option kinds
	for option in ${options['.']} ${options[${command:-none}]-}; do
		case $option in
		"$1="* | "$1[="*)
			IFS='|' read -ra kinds <<<"${option#*=}"
			value=("${kinds[@]}")
			[[ $option == "$1="* ]]
			return
			;;
		esac
	done
	return 1
}

# _xvtd_complete: COMPREPLY for the line before the cursor, by the tables of the program.
_xvtd_complete() {
	local line=${COMP_LINE:0:COMP_POINT} cur word words root='' command='' position=0
	local given=() value=() wanted='' end='' option
	COMPREPLY=()
	read -ra words <<<"$line"
	cur=
	if [[ $line != *[[:blank:]] ]]; then
		cur=${words[-1]}
		unset 'words[-1]'
	fi
	[ -z "${operands['-']+set}" ] || command=-

	# What has been said before the word that is to be completed.
	for word in "${words[@]:1}"; do
		if [ -n "$wanted" ]; then
			[ "$wanted" != --root ] || root=$word
			wanted=
		elif [[ -z $end && $word == -- ]]; then
			end=1
		elif [[ -z $end && $word == -?* ]]; then
			[[ $word != --root=* ]] || root=${word#*=}
			! _xvtd_value "$word" || wanted=$word
			given+=("$word")
		elif [ -n "${operands[${command:-none}]+set}" ]; then
			position=$((position + 1))
			given+=("$word")
		else
			command+=${command:+ }$word
		fi
	done
	root=${root%/}

	if [ -n "$wanted" ]; then
		_xvtd_value "$wanted"
		_xvtd_offer "${value[@]}"
	elif [[ -z $end && $cur == --*=* ]]; then
		option=${cur%%=*}
		_xvtd_value "$option" || :
		cur=${cur#*=}
		_xvtd_offer "${value[@]}"
		COMPREPLY=("${COMPREPLY[@]/#/$option=}")
		cur=$option=$cur
	elif [[ -z $end && $cur == -* ]]; then
		for option in ${options['.']} ${options[${command:-none}]-}; do
			word=${option%%[=[]*}
			[[ $option != --*[^[]=* ]] || word+==
			_xvtd_reply "$word"
		done
	elif [ -n "${operands[${command:-none}]+set}" ]; then
		_xvtd_kinds "${operands[$command]}" "$position"
	else
		for word in "${!operands[@]}"; do
			[ "$word" = "${word#"$command${command:+ }"}" ] && [ -n "$command" ] && continue
			word=${word#"$command${command:+ }"}
			_xvtd_reply "${word%% *}"
		done
	fi

	[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
	# Readline replaces only what stands behind the last of its own separators.
	end=${COMP_WORDBREAKS//[^:=@]/}
	[ -z "$end" ] || COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*["$end"]}"}"}")
	mapfile -t COMPREPLY < <([ ${#COMPREPLY[@]} = 0 ] || printf '%s\n' "${COMPREPLY[@]}" | sort -u)
}
