# shellcheck shell=bash
# A machine that keeps its disk from boot to boot, for scenarios with `# boots: NUMBER`.
#
# Before a boot ends, the scenario writes to /lab/next how the next one starts:
#
#   words WORD...    dom0's kernel command line, instead of what `# dom0:` says
#   initrd PATH      this initramfs of the disk, instead of the lab's own
#
# Without that file the next boot is like the one before.

# kept_word NAME: the mark of such a machine's command line.
kept_word() {
	echo "lab.kept=$1"
}

# kept_begin KEY IMAGE: make the disk, if the key is that of a machine which keeps one.
kept_begin() {
	boot_disk='' boot_initrd='' boot_number=1
	case " $1 " in
	*" lab.kept="*)
		boot_disk=$work/kept.${1##*lab.kept=}
		cp --sparse=always "$2/dom0.img" "$boot_disk"
		;;
	esac
	boot_words=${1#* }
}

# kept_next DIR: read /lab/next from the disk of a machine that is down.
kept_next() {
	local what rest
	boot_number=$((boot_number + 1))
	while read -r what rest; do
		case $what in
		words) boot_words="$rest" boot_initrd='' ;;
		initrd)
			boot_initrd=$1/initrd
			debugfs -R "dump $rest $boot_initrd" "$boot_disk" 2>/dev/null
			[ -s "$boot_initrd" ] || say "        there is no $rest on the disk"
			boot_words="init=/lab/dom0/init-initramfs rw $boot_words"
			;;
		esac
	done < <(debugfs -R "cat /lab/next" "$boot_disk" 2>/dev/null)
}
