# machine: base
# guests:
# libvirt: yes
# named: yes
# release: bookworm
# weight: 240
# timeout: 2400
#
# A guest that libvirt has started: what xvtd attaches, virsh does not show; what virsh attaches,
# xvtd shows; and what xvtd says of the rest.
. /lab/dom0/lib.sh

mkdir -p /etc/libvirt /var/log/libvirt /run/libvirt
cat >/etc/libvirt/libvirtd.conf <<'CONF'
auth_unix_rw = "none"
log_outputs = "2:file:/run/lab/libvirtd.log"
CONF
# libvirt wants a processor that it knows, and QEMU's under Xen lacks what even its oldest has.
sed -i '/<feature/d' /usr/share/libvirt/cpu_map/x86_486.xml
rm -f /usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so # it wants a user of its own
hypervisor=xen:///system
virsh() { command virsh -q -c $hypervisor "$@"; }
run libvirtd -d -p /run/lab/libvirtd.pid
show_run
if ! await 60 virsh version >/dev/null 2>&1; then
	run virsh version
	show_run
	diag "$(tail -n 20 /run/lab/libvirtd.log)"
	not_ok "libvirtd starts" true
	done_testing
fi
ok "libvirtd starts"

guest_folder lv # libvirt 9.0 crashes with two serial ports: no commands to this guest
cat >/run/lab/lv.xml <<XML
<domain type='xen'>
  <name>lv</name>
  <memory unit='MiB'>160</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='xenfv'>hvm</type>
    <loader type='rom'>$(echo /usr/lib/xen-4.*/boot/hvmloader)</loader>
    <kernel>/lab/guest/vmlinuz</kernel>
    <initrd>/lab/guest/initrd</initrd>
    <cmdline>$(sed -n 's/^extra = "\(.*\)"/\1/p' /lab/dom0/guest.cfg)</cmdline>
  </os>
  <features><acpi/><apic/><pae/><xen><passthrough state='on'/></xen></features>
  <clock offset='utc'><timer name='hpet' present='no'/><timer name='tsc' mode='native'/></clock>
  <on_reboot>restart</on_reboot>
  <devices>
    <emulator>/usr/libexec/xen-qemu-system-i386</emulator>
    <serial type='file'><source path='$LAB_GUESTS/lv/console'/><target port='0'/></serial>
    <graphics type='vnc' port='5999' listen='127.0.0.1'/>
    <video><model type='vga' vram='16384'/></video>
  </devices>
</domain>
XML
exits 0 "virsh define" virsh define /run/lab/lv.xml
if ! exits 0 "virsh start" virsh start lv; then
	diag "$(dmesg | tail -n 3)"
	diag "$(tail -n 20 /run/lab/libvirtd.log)" "$(tail -n 20 /var/log/libvirt/libxl/*.log)"
	done_testing
fi
ok "the guest comes up" guest_wait lv 240

# hostdevs [--inactive]: the devices that virsh shows.
hostdevs() {
	virsh dumpxml lv "$@" | sed -n "/<hostdev/,/<\/source>/s/.*bus='0x\(..\)' slot='0x\(..\)' function='0x\(.\)'.*/\1:\2.\3/p"
}

# pipe VERB HOW: the command of xvtd's messages.
pipe() {
	xvtd show 2:0.0 --format=libvirt | virsh "$1-device" lv /dev/stdin "$2"
}
finding() {
	xvtd --json check lv | jq -r ".checks[] | select(.status == \"warn\") | .name" | grep -x "$1"
}

run xvtd check lv
like "$out" "it is a guest of libvirt" "check names libvirt's guest"
exits 0 "xvtd attaches" xvtd assign lv 2:0.0 7
like "$err" "virsh does not show" "and says that virsh does not show it"
like "$err" "to add it: xvtd show" "and what to do for the next start"
show_run
ok "the guest has it" wait_guest_sees lv 07 8086:10d3 120
is "$(hostdevs)" "" "virsh does not show it"
run pipe detach --live
show_run
isnt "$rc" 0 "nor does it detach it"
exits 6 "--save" xvtd detach lv 2:0.0 --timeout=180 --save
like "$err" "virsh -c xen:/// detach-device lv /dev/stdin --config" "has a command for it"
exits 0 "which attaches it at the next start" pipe attach --config
show_run
is "$(hostdevs --inactive)" 02:00.0 "says virsh"
not_ok "check finds nothing more about the next start" finding libvirt-next
exits 0 "xvtd detaches" xvtd detach lv 2:0.0 --timeout=180 --return
like "$err" "to remove it: xvtd show" "and says that the next start has it"
exits 0 "it does not" pipe detach --config
is "$(hostdevs --inactive)" "" "says virsh"

exits 0 "virsh attaches" pipe attach --live
show_run
is "$(hostdevs)" 02:00.0 "and shows it"
run xvtd --json list
is "$(jq -r '.devices[] | select(.bdf == "0000:02:00.0") | "\(.state) \(.domain.name) \(.libvirt)"' <<<"$out")" \
	"assigned lv lv" "xvtd list has it"
exits 0 "virsh detaches" pipe detach --live
show_run
diag "driver: $(driver 02:00.0)"
run xvtd --json list
is "$(jq -r '.devices[] | select(.bdf == "0000:02:00.0") | "\(.domain) \(.libvirt)"' <<<"$out")" \
	"null null" "xvtd list has it no more"

# Behind libvirt's back: its list keeps the device until the guest ends.
exits 0 "virsh attaches again" pipe attach --live
exits 0 "xvtd detaches it" xvtd detach lv 2:0.0 --timeout=180
like "$err" "goes on listing it" "with a warning"
is "$(hostdevs)" 02:00.0 "virsh still shows it"
guest_create other
ok "another guest" guest_wait other
exits 3 "does not get it" xvtd assign other 2:0.0
like "$err" "libvirt still lists it for 'lv'" "because of libvirt's list"
ok "check warns" finding libvirt
exits 0 "the first step of the hint" xvtd assign lv 2:0.0
exits 0 "and the second" pipe detach --live
show_run
is "$(hostdevs)" "" "virsh shows it no more"
diag "driver: $(driver 02:00.0)"
exits 0 "now the other guest gets it" xvtd assign other 2:0.0
exits 0 "and keeps it" virsh destroy lv
diag "driver: $(driver 02:00.0)"
ok "after the end of libvirt's guest" wait_guest_sees other "$(xvtd --json pci-list other | jq -r '.devices[0].vslot[2:]')" 8086:10d3

# What the refusal prevents.
exits 0 "virsh starts it anew" virsh start lv
ok "it comes up" guest_wait lv 240
exits 0 "back" xvtd detach other 2:0.0 --return
exits 0 "virsh attaches" pipe attach --live
exits 0 "xvtd detaches" xvtd detach lv 2:0.0 --timeout=180
run xl pci-attach other 02:00.0
show_run
run virsh destroy lv
show_run
diag "driver: $(driver 02:00.0), xl: $(xl pci-list other)" "$(tail -n 20 /run/lab/libvirtd.log)"
ok "libvirtd lives" virsh version
virsh undefine lv
guest_destroy other
kill "$(cat /run/lab/libvirtd.pid)"
rm -rf /etc/libvirt/libxl /run/libvirt
done_testing
