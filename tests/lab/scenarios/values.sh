# machine: base
# guests: vm1
# weight: 60
# timeout: 500
#
# Every valid form of a value, every invalid one, --dry-run and --json: none of them changes
# anything.
. /lab/dom0/lib.sh

before=$(state_snapshot)

for form in 2:0.0 02:00.0 0:2:0.0 0000:02:00.0 0:02:0.0; do
	exits 0 "$form is read" xvtd --dry-run assign vm1 $form 7
	like "$out" "attach 0000:02:00.0 to vm1 at slot 0x07" "$form is 0000:02:00.0"
done
for slot in 7 07 0x7 0x07; do
	exits 0 "slot $slot is read" xvtd --dry-run assign vm1 2:0.0 $slot
	like "$out" "at slot 0x07" "slot $slot is 0x07"
done
for spec in 02:00.0@07 0000:02:00.0@7,permissive=1 02:00.0@7,rdm_policy=relaxed; do
	exits 0 "SPEC $spec is read" xvtd --dry-run assign vm1 $spec
	like "$out" "at slot 0x07" "SPEC $spec is at 0x07"
done
for domain in vm1 "$(guest_id vm1)" "$(xl list -v | sed -n 's/^vm1 .* \([0-9a-f-]\{36\}\) .*/\1/p')"; do
	exits 0 "domain $domain is found" xvtd --dry-run assign "$domain" 2:0.0 7
	like "$out" "to vm1 at" "domain $domain is vm1"
done
exits 0 "options are accepted anywhere" xvtd assign --permissive vm1 2:0.0 --dry-run 7

# usage WORD...: exit 2, one sentence, nothing else.
usage() {
	exits 2 "refused: xvtd $*" xvtd "$@"
	like "$err" '^xvtd: ' "stderr has the message: $*"
	is "$out" "" "nothing on stdout: $*"
}
usage assign vm1 2:0
usage assign vm1 2:0.8
usage assign vm1 2:20.0
usage assign vm1 100:0.0
usage assign vm1 0x2:0.0
usage assign vm1 0:0:2:0.0
usage assign vm1 :2:0.0
usage assign vm1 "2:0.0 "
usage assign vm1 2:0.0 0
like "$err" "hint: for automatic placement leave the slot out" "the hint for slot 0 explains automatic placement"
usage assign vm1 2:0.0 20
usage assign vm1 2:0.0 1234
usage assign vm1 02:00.0@0
usage assign vm1 02:00.0,permissive=yes
usage assign vm1 "02:00.0, permissive=1"
usage assign vm1 02:00.0@20
usage assign vm1 02:00.0,nonsense=1
usage assign vm1 2:0.0 7 --rdm-policy=maybe
usage assign vm1 2:0.0 2:0.0
usage assign vm1
usage assign
usage detach vm1 2:0.0 --timeout=0
usage detach vm1 2:0.0 --timeout=soon
usage assign vm1 2:0.0 --allow=everything
usage assign vm1 2:0.0 --no-such-option
usage assig vm1 2:0.0
usage assignable
usage
usage --root /tmp assign vm1 2:0.0
exits 4 "exit 4 for a device that is not there" xvtd assign vm1 1f:00.0
exits 4 "exit 4 for a domain that is not there" xvtd assign vm9 2:0.0
exits 4 "exit 4 for a name that names no device" xvtd assign vm1 uplink0

exits 0 "--help" xvtd assign --help
like "$out" "^Usage: xvtd assign " "--help prints the usage"
exits 0 "--version" xvtd --version

# JSON, whole or not at all.
exits 0 "--json --dry-run" xvtd --json --dry-run assign vm1 2:0.0 7
is "$(jq -r '.schema + " " + (.plan | map(.step) | join(","))' <<<"$out")" \
	"xvtd/1 make-assignable,attach" "the document has the plan"
is "$(jq -r '.plan[0] | keys | join(",")' <<<"$out")" "object,step,text,undo" "each step has the schema's keys"
exits 0 "--json list" xvtd --json list
is "$(jq -r '.devices[] | select(.bdf == "0000:02:00.0") | "\(.vendor) \(.device) \(.driver) \(.state)"' <<<"$out")" \
	"0x8086 0x10d3 e1000e dom0" "the document describes a device"
exits 0 "--json pci-list" xvtd pci-list vm1 --json
is "$(jq -c '[.schema, .domain.name, .devices]' <<<"$out")" '["xvtd/1","vm1",[]]' "the document has a guest without devices"
exits 2 "--json and a usage error" xvtd --json assign vm1 2:0
is "$(jq -r '.error | "\(.code) \(.kind)"' <<<"$out")" "2 usage" "the document has the error object"
exits 3 "--json and a refusal" xvtd --json assign vm1 0:3.0
is "$(jq -r '.error | "\(.code) \(.kind)"' <<<"$out")" "3 in-use" "the error names the check"
isnt "$(jq -r .error.hint <<<"$out")" "" "the error has a hint"

is "$(state_snapshot)" "$before" "no command has changed anything"
done_testing
