# shellcheck shell=bash
# Orders to the machine itself, through the monitor of the QEMU that dom0 runs on.
#
#   machine_order device_del nic1
#   machine_order device_add e1000e,id=other,netdev=n1,bus=rp1
#
# In tests/lab/machines a card has the id nic0, nic1, ..., and a root port rp0, rp1, ...

. /lab/dom0/port.sh

# machine_order WORDS...: one command of the monitor; its answer is in $machine_answer.  The monitor
# does not say where an answer ends, so a second command does.
machine_order() {
	local line
	[ -n "${machine_port-}" ] || exec {machine_port}<>"$(lab_port lab.machine)"
	machine_answer=''
	printf '%s\n' "$*" 'print /d 271828' >&"$machine_port"
	while read -r -t 20 -u "$machine_port" line; do
		line=${line%$'\r'}
		case $line in
		271828) break ;;
		'(qemu)'* | 'QEMU '*' monitor'*) ;; # the echo of a command, letter by letter
		*) machine_answer+=${machine_answer:+$'\n'}$line ;;
		esac
	done
	[ -z "$machine_answer" ] || diag "monitor: $machine_answer"
}

# pull ID BDF: remove a card, and wait until the kernel notices.
pull() {
	machine_order device_del "$1"
	await 30 test ! -e "/sys/bus/pci/devices/$2"
}

# plug DRIVER,OPTION... BDF: plug a card in, as soon as QEMU has deleted the former one.
plug() {
	await 30 has_room "$1" && await 30 test -e "/sys/bus/pci/devices/$2/config"
}

has_room() {
	machine_order device_add "$1"
	[[ $machine_answer != *Error:* ]]
}
