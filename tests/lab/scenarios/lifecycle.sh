# machine: base
# boots: 2
# weight: 180
# timeout: 900
#
# Hot-attached devices survive a reboot of dom0. A guest that xendomains starts anew has its device,
# hidden at boot. A guest that xendomains saves gives its device up before and gets it back after.
# Virtual functions, which no boot can hide, exist in time.
. /lab/dom0/lib.sh

nic=8086:10d3:020000:e1000e

# service NAME start|stop
service() {
	exits 0 "service $1 $2" "/etc/init.d/$1" "$2"
}

# auto NAME: the guest runs, and is one that xendomains starts.
auto() {
	guest_create "$1"
	cp "$LAB_GUESTS/$1/cfg" "/etc/xen/$1.cfg"
	ln -s "../$1.cfg" "/etc/xen/auto/$1.cfg"
}

case $lab_boot in
1)
	update-rc.d xvtd-assignable defaults
	update-rc.d xvtd-guests defaults
	mkdir -p /etc/xen/auto
	auto fresh
	auto saved
	ok "two guests" guest_wait fresh
	guest_wait saved

	exits 0 "assign --save" xvtd assign fresh 2:0.0 7 --save
	like "$err" "hint: not hidden at boot, .*: pciback-hide --install --add 0000:02:00.0$" "and what it lacks"
	hint=${err##*next boot: }
	exits 0 "check" xvtd --json check
	is "$(jq -r '.checks[] | select(.name == "autostart") | .object + " " + .remedy' <<<"$out")" \
		"fresh.cfg $hint" "says it too"
	# shellcheck disable=SC2086 # a list of words
	exits 0 "do as the hint says" $hint
	like "$out" "method modprobe" "by modprobe.d"
	exits 0 "assign to the other" xvtd assign saved 7:0.0 8 --save
	# shellcheck disable=SC2086
	exits 0 "do as its hint says" ${err##*next boot: }
	exits 0 "check once more" xvtd --json check
	is "$(jq -r '.checks[] | select(.name == "autostart" or .name == "xendomains")' <<<"$out")" "" \
		"is content"
	exits 0 "what guests have" pciback-hide --assigned
	is "$out" 'xen-pciback.hide=(0000:02:00.0)(0000:07:00.0)' "is what will be hidden"
	ok "the guests drive them" wait_guest_sees fresh 07 $nic
	wait_guest_sees saved 08 $nic

	mkdir -p /etc/xvtd
	echo "0a:00.0 vfs=3" >/etc/xvtd/assignable
	exits 0 "virtual functions" xvtd assignable add --from
	exits 0 "get a name" xvtd name 0a:00.1 fast0
	cat >>/etc/xvtd/assignable <<-END
		fast0
		0a:00.3
		0000:02:00.0
		# not what is there
		0000:01:00.0 8086:10d4:8086:a01f
	END
	guest_destroy fresh
	uuid=$(xl list -l saved | jq -r '.[0].config.c_info.uuid')
	echo "$uuid" >/lab/uuid
	service xvtd-guests stop
	exits 0 "nothing" xvtd pci-list saved
	unlike "$out" "0x08" "is in the guest any more"
	ok "what was is on disk" test -s "/var/lib/xvtd/$uuid.json"
	service xendomains stop
	ok "it is saved" test -s /var/lib/xen/save/saved
	;;
2)
	is "$(driver 02:00.0) $(driver 07:00.0)" "pciback pciback" "both devices are held"
	run /etc/init.d/xvtd-assignable start
	like "$err" "/etc/xvtd/assignable:6: 0000:01:00.0: this is not the device" "what is another device"
	is "$(driver 01:00.0)" e1000e "stays where it is"
	is "$(driver 0a:00.0)" nvme "the controller keeps its driver"
	is "$(driver 0a:00.1) $(driver 0a:00.3)" "pciback pciback" "two of its virtual functions are for guests"
	unlike "$(dmesg)" "nvme (nvme[0-9]*: )?(pci function )?0000:0a:00.[13]" "no driver has touched them"
	like "$(dmesg)" "nvme nvme[0-9]+: pci function 0000:0a:00.2" "the third went to dom0's driver"
	sed -i '/^# not/,$d' /etc/xvtd/assignable
	exits 0 "once more" xvtd assignable add --from
	is "$(grep -vc already <<<"$out")" 0 "all is so already"

	guest_folder fresh
	guest_folder saved
	service xendomains start
	guest_woken saved
	exits 0 "the one that was started" xvtd pci-list fresh
	like "$out" "0x07 +0x0000 +0x02" "has its device, at its slot"
	exits 0 "the one that was saved" xvtd pci-list saved
	unlike "$out" "0x0" "has none yet"
	service xvtd-guests start
	exits 0 "and then" xvtd pci-list saved
	like "$out" "0x08 +0x0000 +0x07" "has it back, at its slot"
	ok "the manifest is gone" test ! -e "/var/lib/xvtd/$(</lab/uuid).json"
	ok "and drives it" wait_guest_sees saved 08 $nic
	# A driver has its device some time before there is an interface.
	ok "and it works" await 30 guest_run saved 'cd /sys/bus/pci/devices/0000:00:08.0/net/* && ip link set ${PWD##*/} up && grep . operstate'
	exits 0 "a virtual function, by its name" xvtd assign saved fast0 9
	ok "is seen by the guest" wait_guest_sees saved 09 1b36:0010
	ok "the guest that was started is up" guest_wait fresh
	ok "and drives its device" wait_guest_sees fresh 07 $nic
	exits 0 "pciback-hide --status" pciback-hide --status
	guest_destroy fresh saved
	;;
esac
done_testing
