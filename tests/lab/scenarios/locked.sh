# machine: base
# guests: vm1
# weight: 45
# timeout: 300
#
# Another process has libxl's lock on the guest's device model and keeps it, as a child of a killed
# xl does.
. /lab/dom0/lib.sh

bdf=0000:02:00.0
uuid=$(xl vm-list | awk '$3 == "vm1" {print $1}')
lock=/var/lib/xen/userdata-l.$(guest_id vm1).$uuid.qmp-socket-lock

held() {
	lslocks -o PATH | grep -qF "$lock"
}
# take_lock: let another process take it.
take_lock() {
	flock -F "$lock" sleep 1000 &
	holder=$!
	ok "another process has the lock" await 10 held
}

free_lock() {
	{ kill $holder && wait $holder; } 2>/dev/null
	not_ok "the lock is free" held
}

take_lock

exits 1 "an attach does not wait for ever" xvtd assign vm1 2:0.0 7
like "$err" "another toolstack had libxl's lock" "the message names the lock"
like "$err" "hint: .lslocks \| grep qmp. shows who" "the hint names lslocks"
is "$(lslocks -o PID,PATH | grep qmp | awk '{print $1}')" $holder "lslocks shows the holder"
like "$out" "$bdf: as it was" "the device is as it was"
is "$(driver $bdf)" e1000e "its driver has it"
is "$(xenstore-read /libxl/pci/0000-02-00-0/domid 2>/dev/null)" "" "no record is left"
is "$(ls -A /var/lib/xvtd/journal 2>/dev/null)" "" "no journal is left"

run timeout -s INT 5 xvtd assign vm1 2:0.0 7
like "$out" "$bdf: as it was" "an interrupted attach leaves the device as it was"
is "$(driver $bdf)" e1000e "its driver has it again"

free_lock
exits 0 "without the lock it is attached" xvtd assign vm1 2:0.0 7
ok "the guest drives it" wait_guest_sees vm1 07 8086:10d3:020000:e1000e
take_lock
exits 0 "a detach needs no lock" xvtd detach vm1 2:0.0 --return
ok "the guest has let go" wait_guest_gone vm1 07
is "$(driver $bdf)" e1000e "its driver has it"
free_lock
done_testing
