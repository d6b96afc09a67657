# machine: base
# guests: vm1
# weight: 150
# timeout: 600
#
# Four devices at once, and 25 rounds of attach and detach without a failure.
. /lab/dom0/lib.sh

four="01:00.0 02:00.0 07:00.0 08:00.0"
before=$(host_drivers)
exits 0 "assign four devices in one command" xvtd assign vm1 $four
is "$(grep -c attached <<<"$out")" 4 "all four are attached"
exits 0 "detach four devices in one command" xvtd detach vm1 $four
is "$(grep -c 'detached from vm1' <<<"$out")" 4 "all four are detached"
exits 0 "assignable remove of all four" xvtd assignable remove $four
is "$(host_drivers)" "$before" "all is as it was"

exits 0 "make one assignable" xvtd assignable add 2:0.0
lost=0
for round in {1..25}; do
	run xvtd assign vm1 2:0.0 7
	[ "$rc" = 0 ] || { lost=$((lost + 1)); diag "round $round"; show_run; }
	wait_guest_sees vm1 07 8086:10d3 || lost=$((lost + 1))
	run xvtd detach vm1 2:0.0
	[ "$rc" = 0 ] || { lost=$((lost + 1)); diag "round $round"; show_run; }
	wait_guest_gone vm1 07 || lost=$((lost + 1))
done
is "$lost" 0 "25 rounds, none lost"
exits 0 "assignable remove" xvtd assignable remove 2:0.0
done_testing
