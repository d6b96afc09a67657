# machine: base
# guests: vm1
# weight: 40
# timeout: 300
#
# xvtd loads the module xen-pciback; devices hidden at boot; a stop in the middle.
. /lab/dom0/lib.sh

ok "xen-pciback can be unloaded" modprobe -r xen-pciback
exits 0 "the plan" xvtd --dry-run assign vm1 2:0.0 7
like "$out" "1. load kernel module xen-pciback" "begins with loading it"
ok "and did not load it" test ! -e /sys/bus/pci/drivers/pciback
exits 0 "assign loads it" xvtd assign vm1 2:0.0 7
is "$(driver 02:00.0)" pciback "and uses it"
exits 0 "back" xvtd detach vm1 2:0.0 --return

# A device that is hidden at boot stays in pciback.
echo pciback >/sys/bus/pci/devices/0000:08:00.0/driver_override
exits 0 "a device with an override for pciback" xvtd assign vm1 8:0.0
exits 3 "is not returned" xvtd detach vm1 8:0.0 --return
like "$err" "hint: --allow=boot-hidden" "unless asked"
exits 0 "it is only detached" xvtd detach vm1 8:0.0
is "$(driver 08:00.0)" pciback "and stays in pciback"
is "$(</sys/bus/pci/devices/0000:08:00.0/driver_override)" pciback "with its override"
echo >/sys/bus/pci/devices/0000:08:00.0/driver_override
exits 0 "without the override" xvtd assignable remove 8:0.0
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
like "$err" "stopped by a signal" "it says so"
is "$(host_drivers)" "$before" "all is as it was"
exits 0 "the guest" xvtd --json pci-list vm1
is "$(jq '.devices | length' <<<"$out")" 0 "has nothing"
done_testing
