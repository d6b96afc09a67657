# machine: base
# guests: vm1
# weight: 40
# timeout: 300
#
# xvtd loads the module xen-pciback; devices hidden at boot; a stop in the middle.
. /lab/dom0/lib.sh

ok "xen-pciback can be unloaded" modprobe -r xen-pciback
exits 0 "assign --dry-run" xvtd --dry-run assign vm1 2:0.0 7
like "$out" "1. load kernel module xen-pciback" "the plan begins with loading xen-pciback"
ok "--dry-run did not load it" test ! -e /sys/bus/pci/drivers/pciback
exits 0 "assign without the module" xvtd assign vm1 2:0.0 7
is "$(driver 02:00.0)" pciback "assign has loaded pciback, which has the device"
exits 0 "detach --return" xvtd detach vm1 2:0.0 --return

# A device that is hidden at boot stays in pciback.
echo pciback >/sys/bus/pci/devices/0000:08:00.0/driver_override
exits 0 "assign a device with an override for pciback" xvtd assign vm1 8:0.0
exits 3 "xvtd refuses to return it" xvtd detach vm1 8:0.0 --return
like "$err" "hint: --allow=boot-hidden" "the hint names --allow=boot-hidden"
exits 0 "detach without --return" xvtd detach vm1 8:0.0
is "$(driver 08:00.0)" pciback "the device stays in pciback"
is "$(</sys/bus/pci/devices/0000:08:00.0/driver_override)" pciback "the override stays"
echo >/sys/bus/pci/devices/0000:08:00.0/driver_override
exits 0 "assignable remove without the override" xvtd assignable remove 8:0.0
is "$(driver 08:00.0)" e1000e "its driver has it"

# SIGTERM between two steps: what was done is undone.
before=$(host_drivers)
mkfifo /run/lab/err
xvtd -v assign vm1 1:0.0 2:0.0 7:0.0 8:0.0 >/run/lab/out 2>/run/lab/err &
pid=$! err=''
while IFS= read -r line; do
	[[ $line != *"take "* || $err == *"take "* ]] || kill -TERM $pid # at the first of four
	err+=$line$'\n'
done </run/lab/err
wait $pid
is "$?" 1 "SIGTERM ends it with exit 1"
like "$err" "stopped by a signal" "the message names the signal"
is "$(host_drivers)" "$before" "all is as it was"
exits 0 "pci-list" xvtd --json pci-list vm1
is "$(jq '.devices | length' <<<"$out")" 0 "vm1 has no devices"
done_testing
