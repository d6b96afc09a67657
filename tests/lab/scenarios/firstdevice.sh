# machine: base
# weight: 60
# timeout: 900
# named: yes
#
# Every command of docs/first-device.md, in its order, with the lab's devices in place of the
# document's: 01:00.0 and .1 are the two-function card, 00:14.0 is the USB controller.
. /lab/dom0/lib.sh

document=/lab/docs/first-device.md
cfg=/etc/xen/vm1.cfg

# lab_words WORDS...: with the lab's addresses.
lab_words() {
	sed -e 's/01:00\.\([01]\)/09:00.\1/g; s/00:14\.0/00:07.0/g' <<<"$*"
}

# Does what a boot with hidden devices does.
as_booted() {
	local bdf
	modprobe xen-pciback
	for bdf in 09:00.0 09:00.1 02:00.0 00:07.0; do xl pci-assignable-add "$bdf" >/dev/null 2>&1; done
}

guest_folder vm1
guest_cfg vm1 -passthrough >$cfg
mapfile -t commands < <(sed -n '/^```console$/,/^```$/s/^# //p' "$document")
ok "the document has commands" test ${#commands[@]} -gt 20
for command in "${commands[@]}"; do
	# shellcheck disable=SC2046 # a list of words
	set -- $(lab_words "$command")
	case $command in
	'pciback-hide --status') want=1 ;; # this dom0 was not booted anew
	*) want=0 ;;
	esac
	exits $want "$command" "$@"
	case $command in
	'xl create '*) ok "the guest comes up" guest_wait vm1 ;;
	'pciback-hide --install '*) as_booted ;;
	'xvtd assign vm1 02:00.0 7') ok "the guest drives the card" wait_guest_sees vm1 07 8086:10d3:020000:e1000e ;;
	esac
done
ok "the guest has the two functions" test "$(xvtd --json pci-list vm1 | jq '[.devices[] | select(.bdf | startswith("0000:09"))] | length')" = 2
pciback-hide --uninstall >/dev/null
rm -f $cfg
done_testing
