# machine: base
# guests: vm1
# weight: 30
# timeout: 300
#
# watch reports events of devices at once, whichever program causes them.
. /lab/dom0/lib.sh

bdf=0000:02:00.0
events=/run/lab/events
hooks=/run/lab/hooks
id=$(guest_id vm1)

# told COUNT JQ-CONDITION NAME: in the end watch has reported COUNT events for which this is true.
count() {
	jq -s "map(select($1)) | length" "$events" 2>/dev/null
}
enough() {
	[ "$(count "$2")" = "$1" ]
}
told() {
	await 20 enough "$1" "$2"
	is "$(count "$2")" "$1" "$3" || diag "$(<$events)"
}
hook_has() {
	grep -qF "$1" $hooks
}

cat >/run/lab/hook <<'HOOK'
#!/bin/bash
printf '%s ' "$XVTD_EVENT" "$XVTD_BDF" "$XVTD_DOMAIN" "$1" >>/run/lab/hooks
echo >>/run/lab/hooks
[ "$XVTD_EVENT" != detached ] || exit 7
HOOK
chmod 755 /run/lab/hook
: >$hooks
xvtd --json watch --exec /run/lab/hook -- '$HOME *' >$events 2>/run/lab/watch.err &
watch=$!
await 20 grep -q watching /run/lab/watch.err
xvtd watch >/run/lab/text 2>/run/lab/text.err &
text=$!
await 20 grep -q watching /run/lab/text.err

exits 0 "a NIC goes to a guest" xvtd assign vm1 2:0.0 7
told 1 '.event == "attached" and .bdf == "'$bdf'" and .domain.name == "vm1" and .vslot == "0x07"' "watch reports the device and its slot"
told 1 '.event == "driver" and .bdf == "'$bdf'" and .driver == null and .driver_before == "e1000e"' "watch reports that e1000e let it go"
told 1 '.event == "driver" and .bdf == "'$bdf'" and .driver == "pciback"' "watch reports that pciback has it"
exits 0 "xl makes another device assignable" xl pci-assignable-add 01:00.0
exits 0 "xl attaches it to the same guest" xl pci-attach vm1 01:00.0@8
told 1 '.event == "attached" and .bdf == "0000:01:00.0" and .vslot == "0x08"' "watch reports the device that xl attached"
exits 0 "detach --return of the first device" xvtd detach vm1 2:0.0 --return
told 1 '.event == "detached" and .bdf == "'$bdf'"' "watch reports the detach"
told 1 '.event == "driver" and .bdf == "'$bdf'" and .driver == "e1000e"' "watch reports that e1000e has it again"
xenstore-write "/local/domain/0/backend/pci/$id/0/aerState" aerfail
told 1 '.event == "aerfail" and .domain.id == '"$id"' and .devices == ["0000:01:00.0"]' "watch reports an error that pciback could not mend"
exits 0 "the guest is destroyed" xl destroy vm1
told 1 '.event == "guest-gone" and .domain.name == "vm1"' "watch reports the end of a guest with a device"
told 1 '.event == "detached" and .bdf == "0000:01:00.0"' "watch reports that this guest lost its device"

ok "the hook ran for the last event" await 20 hook_has "detached 0000:01:00.0 vm1 \$HOME *"
is "$(wc -l <$hooks)" "$(wc -l <$events)" "the hook ran once for each event"
is "$(jq -r '[.event, .bdf // "", .domain.name // ""] | join(" ")' $events | tr -s ' ')" \
	"$(sed 's/ \$HOME \* $//; s/  */ /g' $hooks)" "the hook ran in the order of the events" || diag "$(<$hooks)"
like "$(</run/lab/watch.err)" "/run/lab/hook: exit 7 for $bdf: detached from vm1" "watch reports the failure of the hook"
is "$(ps -o stat= --ppid $watch)" "" "no child is left"
is "$(grep -c . $events)" "$(jq -c . $events | wc -l)" "each event is a line"
like "$(</run/lab/text)" "[0-9:]{8} $bdf: attached to vm1 at 0x07" "without --json watch prints text"
like "$(</run/lab/text)" "$bdf: driver none, was e1000e" "the text has the drivers, too"
before=$(awk '{ print $14 + $15 }' /proc/$watch/stat)
nap
nap
is "$(awk '{ print $14 + $15 }' /proc/$watch/stat)" "$before" "watch sleeps while nothing happens"
kill -TERM $watch $text
wait $watch
is $? 0 "SIGTERM ends watch with exit 0"
wait $text
xl pci-assignable-remove -r 01:00.0
done_testing
