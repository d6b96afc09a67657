# machine: base
# boots: 2
# weight: 180
# timeout: 900
#
# Hot-attached devices survive a reboot of dom0. A guest that xendomains starts anew has its device,
# hidden at boot. A guest that xendomains saves gives its device up before and gets it back after.
# No boot can hide virtual functions: the service xvtd-assignable makes them.
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
	ok "the first guest comes up" guest_wait fresh
	guest_wait saved

	exits 0 "assign --save" xvtd assign fresh 2:0.0 7 --save
	like "$err" "hint: not hidden at boot, .*: pciback-hide --install --add 0000:02:00.0$" "the hint says that the device is not hidden"
	hint=${err##*next boot: }
	exits 0 "check" xvtd --json check
	is "$(jq -r '.checks[] | select(.name == "autostart") | .object + " " + .remedy' <<<"$out")" \
		"fresh.cfg $hint" "check has the same remedy"
	# shellcheck disable=SC2086 # a list of words
	exits 0 "the command of the hint works" $hint
	like "$out" "method modprobe" "the chosen method is modprobe.d"
	exits 0 "assign --save to the other guest" xvtd assign saved 7:0.0 8 --save
	# shellcheck disable=SC2086
	exits 0 "the command of its hint works" ${err##*next boot: }
	exits 0 "check again" xvtd --json check
	is "$(jq -r '.checks[] | select(.name == "autostart" or .name == "xendomains")' <<<"$out")" "" \
		"check finds nothing more"
	exits 0 "pciback-hide --assigned" pciback-hide --assigned
	is "$out" 'xen-pciback.hide=(0000:02:00.0)(0000:07:00.0)' "the parameter has the guests' devices"
	ok "the first guest drives its device" wait_guest_sees fresh 07 $nic
	wait_guest_sees saved 08 $nic

	mkdir -p /etc/xvtd
	echo "0a:00.0 vfs=3" >/etc/xvtd/assignable
	exits 0 "assignable add --from makes virtual functions" xvtd assignable add --from
	exits 0 "a virtual function gets a name" xvtd name 0a:00.1 fast0
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
	exits 0 "pci-list after the service has ejected" xvtd pci-list saved
	unlike "$out" "0x08" "the guest has no device"
	ok "the manifest is on disk" test -s "/var/lib/xvtd/$uuid.json"
	service xendomains stop
	ok "xendomains has saved the guest" test -s /var/lib/xen/save/saved
	;;
2)
	is "$(driver 02:00.0) $(driver 07:00.0)" "pciback pciback" "both devices are held"
	run /etc/init.d/xvtd-assignable start
	like "$err" "/etc/xvtd/assignable:6: 0000:01:00.0: this is not the device" "the message says that it is another device"
	is "$(driver 01:00.0)" e1000e "that device keeps its driver"
	is "$(driver 0a:00.0)" nvme "the controller keeps its driver"
	is "$(driver 0a:00.1) $(driver 0a:00.3)" "pciback pciback" "pciback has two of its virtual functions"
	unlike "$(dmesg)" "nvme (nvme[0-9]*: )?(pci function )?0000:0a:00.[13]" "no driver has touched them"
	like "$(dmesg)" "nvme nvme[0-9]+: pci function 0000:0a:00.2" "dom0's driver has the third"
	sed -i '/^# not/,$d' /etc/xvtd/assignable
	exits 0 "assignable add --from again" xvtd assignable add --from
	is "$(grep -vc already <<<"$out")" 0 "each line was done already"

	guest_folder fresh
	guest_folder saved
	service xendomains start
	guest_woken saved
	exits 0 "pci-list of the guest that was started" xvtd pci-list fresh
	like "$out" "0x07 +0x0000 +0x02" "it has its device at its slot"
	exits 0 "pci-list of the guest that was saved" xvtd pci-list saved
	unlike "$out" "0x0" "it has no device yet"
	service xvtd-guests start
	exits 0 "pci-list after the service has restored" xvtd pci-list saved
	like "$out" "0x08 +0x0000 +0x07" "it has its device again at its slot"
	ok "no manifest is left" test ! -e "/var/lib/xvtd/$(</lab/uuid).json"
	ok "the guest drives it" wait_guest_sees saved 08 $nic
	# A driver has its device some time before there is an interface.
	ok "its interface comes up" await 30 guest_run saved 'cd /sys/bus/pci/devices/0000:00:08.0/net/* && ip link set ${PWD##*/} up && grep . operstate'
	exits 0 "assign a virtual function by its name" xvtd assign saved fast0 9
	ok "the guest sees the virtual function" wait_guest_sees saved 09 1b36:0010
	ok "the guest that was started is up" guest_wait fresh
	ok "it drives its device" wait_guest_sees fresh 07 $nic
	exits 0 "pciback-hide --status" pciback-hide --status
	guest_destroy fresh saved
	;;
esac
done_testing
