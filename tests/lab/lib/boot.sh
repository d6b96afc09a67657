# shellcheck shell=bash
# One boot of the machine: QEMU, Xen, dom0.

# These processor features break something under QEMU's software emulation:
# smap (dom0 dies early), monitor (Xen's idle loop), rdtscp (HVM guests), avx
# and xsave (random crashes of dom0's programs).
lab_cpu=EPYC,+svm,+npt,-hypervisor,-smap,-smep,-rdseed,-sha-ni,-fxsr-opt,-misalignsse
lab_cpu+=,-3dnowprefetch,-osvw,-topoext,-nrip-save,-xsavec,-monitor,-rdtscp,-avx,-avx2
lab_cpu+=,-f16c,-fma,-xsave,-xsaveopt,-xgetbv1,-xsaves

# saved_guest IMAGE: where a saved guest for that image is, or belongs.
saved_guest() {
	local key
	key=$({
		"${qemu_program[@]}" --version
		echo "$lab_cpu"
		cat "$lab/dom0/guest.cfg" "$lab/initrd/guest"
	} | sha256sum | cut -c1-16)
	echo "$1/guest.$key"
}

# More of QEMU's command line, for a machine that is joined to another one (peer.sh).
boot_wire=()

# qemu_command IMAGE MACHINE DOM0ARGS: set the array qemu, all but the console
# and the ports. With boot_disk (kept.sh) that disk instead of the image's.
qemu_command() {
	local image=$1 machine=$2 dom0_args=$3 machine_args hypervisor=xen start virtio=''
	local iommu=intel-iommu,intremap=on,aw-bits=48 xen_words=''
	local disk=file=$image/dom0.img,format=raw,snapshot=on initrd=$work/dom0.initrd
	[ -e "$lab/machines/$machine" ] || die "there is no machine '$machine' in tests/lab/machines"
	# shellcheck source=tests/lab/machines/base
	. "$lab/machines/$machine"
	local cmdline="root=/dev/vda net.ifnames=0 panic=1 quiet mitigations=off $dom0_args"
	if [ -n "${boot_disk-}" ]; then
		disk=file=$boot_disk,format=raw,cache=unsafe
		initrd=${boot_initrd:-$initrd}
	fi
	if [ "$hypervisor" = none ]; then
		virtio=,disable-legacy=on,iommu_platform=on
		start=(-m 1024 -cpu max -kernel "$image/vmlinux" -initrd "$initrd"
			-append "$cmdline console=ttyS0 intel_iommu=on lab.bare")
	else
		cmdline="$image/vmlinux console=hvc0 $cmdline"
		start=(-m 2304 -cpu "$lab_cpu" -kernel "$image/xen" -initrd "${cmdline//,/,,},$initrd"
			-append "console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all dom0_mem=768M,max:768M iommu=verbose cpuidle=0 conring_size=1M spec-ctrl=no bootscrub=no $xen_words")
	fi
	qemu=(
		"${qemu_program[@]}" -nodefaults -display none -no-reboot
		-M q35,accel=tcg,kernel-irqchip=split -smp 1 "${start[@]}"
		-device "$iommu"
		-drive "if=none,id=d0,$disk"
		-device "virtio-blk-pci,drive=d0,addr=3$virtio"
		-drive "if=none,id=d1,file=$work/payload.tar,format=raw,readonly=on"
		-device "virtio-blk-pci,drive=d1,addr=4$virtio"
		-device "virtio-serial-pci,id=ports,addr=5$virtio"
		"${machine_args[@]}"
		"${boot_wire[@]}"
	)
	boot_saved=$(saved_guest "$image")
	if [ -e "$boot_saved" ] && [ "$hypervisor" = xen ]; then
		qemu+=(-drive "if=none,id=d2,file=$boot_saved,format=raw,readonly=on"
			-device virtio-blk-pci,drive=d2,addr=8)
	fi
}

# boot_cpu: set cpu, the processor for a machine at boot_place.
# All threads of a machine stay on one: QEMU's emulation of SVM changes the word of pending
# interrupts without a lock (svm_helper.c do_vmexit()). If another thread sets a timer's interrupt
# at that moment, on another processor, the interrupt is lost, and the machine hangs.
boot_cpu() {
	local first last cpus=()
	while IFS=- read -r first last; do
		last=${last:-$first}
		for ((; first <= last; first++)); do cpus+=("$first"); done
	done < <(sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status | tr , '\n')
	cpu=${cpus[boot_place % ${#cpus[@]}]}
}
boot_place=$RANDOM # other runs on this machine have other places

# boot_start IMAGE DIR MACHINE DOM0ARGS: start QEMU, files in DIR; sets
# boot_pid and opens boot_in (lines from dom0) and boot_out (orders to dom0).
boot_start() {
	local image=$1 dir=$2 cpu
	boot_dir=$dir
	mkdir -p "$dir"
	rm -f "$dir"/ctl.* "$dir"/logs.tar
	mkfifo "$dir/ctl.in" "$dir/ctl.out"
	qemu_command "$image" "$3" "$4"
	qemu+=(
		-serial "file:$dir/console"
		-chardev "pipe,id=ctl,path=$dir/ctl" -device virtserialport,chardev=ctl,name=lab.ctl
		-chardev "file,id=logs,path=$dir/logs.tar" -device virtserialport,chardev=logs,name=lab.logs
		# dom0 gets the monitor of its own machine (dom0/machine.sh). One end waits for the other.
		-chardev "socket,id=monitor,path=$dir/monitor,server=on,wait=off" -mon monitor
		-chardev "socket,id=machine,path=$dir/monitor" -device virtserialport,chardev=machine,name=lab.machine
	)
	if [ ! -e "$boot_saved" ]; then
		qemu+=(-chardev "file,id=saved,path=$dir/saved" -device virtserialport,chardev=saved,name=lab.saved)
	fi
	printf '%q ' "${qemu[@]}" >"$dir/qemu.command"
	boot_cpu
	taskset -c "$cpu" "${qemu[@]}" </dev/null >"$dir/qemu.log" 2>&1 9>&- &
	boot_pid=$!
	exec {boot_in}<>"$dir/ctl.out" {boot_out}<>"$dir/ctl.in"
	boot_began=$EPOCHSECONDS
}

# boot_alive: QEMU still runs.
boot_alive() {
	kill -0 "$boot_pid" 2>/dev/null
}

# boot_read SECONDS: the next line from dom0 in $boot_line; 1 when the machine
# has died, 2 at the limit. A read that times out in the middle of a line has
# taken its beginning already.
boot_read() {
	local end=$((EPOCHSECONDS + $1)) begun='' dead=''
	while :; do
		if IFS= read -r -t 1 -u "$boot_in" boot_line; then
			boot_line=$begun$boot_line
			return 0
		fi
		begun+=$boot_line
		[ -z "$dead" ] || return 1
		boot_alive || dead=1 # read once more what it wrote before
		[ $EPOCHSECONDS -lt $end ] || return 2
	done
}

# boot_keep_saved SIZE: dom0 has sent a saved guest; keep it for later boots.
boot_keep_saved() {
	local i
	for ((i = 0; i < 100; i++)); do
		if [ "$(stat -c %s "$boot_dir/saved")" = "$1" ]; then
			truncate -s %4096 "$boot_dir/saved"
			cp --sparse=always "$boot_dir/saved" "$boot_saved.$$"
			mv "$boot_saved.$$" "$boot_saved"
			say "guest   saved ($(du -h "$boot_saved" | cut -f1)); the next boots wake it"
			break
		fi
		read -r -t 0.1 <>"$boot_dir/ctl.in" || :
	done
	rm -f "$boot_dir/saved"
}

# boot_order TEXT: send a line to dom0.
boot_order() {
	printf '%s\n' "$*" >&"$boot_out"
}

# boot_ready SECONDS: wait until dom0 takes orders; sets boot_caps.
boot_ready() {
	while boot_read "$1"; do
		case $boot_line in
		'ready '*)
			boot_caps=${boot_line#ready }
			return 0
			;;
		esac
	done
	return 1
}

# boot_why: print one sentence on the end of a machine that stopped answering.
boot_why() {
	local what
	what=$(grep -a -E 'Kernel panic|Panic on CPU|FATAL|Hardware Dom0|BUG: ' "$boot_dir/console" |
		head -n 1 | tr -d '\r') || :
	if [ -n "$what" ]; then
		echo "${what#(XEN) }"
	elif boot_alive; then
		echo "no answer"
	else
		echo "the machine went down"
	fi
}

# boot_stop: ask dom0 to stop, or kill the machine.
boot_stop() {
	if boot_alive; then
		if [ "${1-}" != now ]; then
			boot_order quit
			while boot_read 20 && [ "$boot_line" != bye ]; do :; done
			local i
			for ((i = 0; i < 50; i++)); do
				boot_alive || break
				read -r -t 0.1 -u "$boot_in" _ || :
			done
		fi
		kill -KILL "$boot_pid" 2>/dev/null || :
	fi
	wait "$boot_pid" 2>/dev/null || :
	exec {boot_in}<&- {boot_out}>&-
}
