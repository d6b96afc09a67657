# machine: display
# guests: vm1
# named: yes
# weight: 150
# timeout: 1500
#
# xvtd refuses a display that shows the console or a picture, or that a program draws on. A graphics
# card with its sound goes to guests, in each notation of the two. Memory that does not fit below
# 4 GiB fits after the remedy of check.
. /lab/dom0/lib.sh

boot=0000:00:13.0 big=0000:00:14.0 card=0000:01:00.0 sound=0000:01:00.1

# used CHAIN BDF NAME: xvtd refuses the device, with this chain (an extended regex).
used() {
	run xvtd --dry-run assignable add "$2"
	[[ $rc == 3 && $err =~ dom0\ uses\ it:\ $1 && $err =~ --allow=in-use ]]
	result $? "$3 is refused: $1" || show_run
}

# holders BDF: its holders, as `show` lists them.
holders() {
	xvtd --json show "$1" | jq -c '[.device.holders[] | [.what] + .chain]'
}

# drm BDF: its name in /sys/class/drm, or nothing.
drm() {
	local dir
	for dir in "/sys/bus/pci/devices/$1"/drm/card*; do [ ! -e "$dir" ] || echo "${dir##*/}"; done
}

# guest_draws GUEST SLOT: the guest's driver has that display, with its memory.
guest_draws() {
	guest_limit=120 guest_run "$1" 'while read -r m; do insmod $m; done </modules/display' >/dev/null
	wait_guest_sees "$1" "$2" 1234:1111:038000:bochs
	guest_run "$1" "ls /sys/bus/pci/devices/0000:00:$2.0/drm" | grep -q '^card'
}

# dark BDF: end its picture, keep its driver.
dark() {
	local connector
	for connector in /sys/class/drm/"$(drm "$1")"-*; do echo off >"$connector/status"; done
}

# light BDF: set its frame buffer to its present mode, which shows a picture.
light() {
	python3 - "/dev/$(basename "/sys/bus/pci/devices/$1"/graphics/fb*)" <<-'END'
		import fcntl, struct, sys
		FBIOGET_VSCREENINFO, FBIOPUT_VSCREENINFO, FB_ACTIVATE_FORCE = 0x4600, 0x4601, 128
		with open(sys.argv[1]) as screen:
		    info = bytearray(160)
		    fcntl.ioctl(screen, FBIOGET_VSCREENINFO, info)
		    struct.pack_into('I', info, 84, FB_ACTIVATE_FORCE)
		    fcntl.ioctl(screen, FBIOPUT_VSCREENINFO, info)
	END
}

# drawn: the virtual terminals are on a frame buffer.
drawn() {
	local console
	for console in /sys/class/vtconsole/*; do
		grep -q 'frame buffer' "$console/name" && [ "$(<"$console/bind")" = 1 ] && return
	done
}

# ---- use ----

exits 0 "a display without a driver is free" xvtd --dry-run assignable add $big
ok "the driver takes three displays" modprobe bochs
echo text >/dev/tty0 # the frame buffer takes the console over when there is something to show
ok "the console is on a frame buffer" await 30 drawn
light $big
diag "$(grep . /sys/class/vtconsole/*/{name,bind} /sys/class/drm/*/{status,enabled}; ls /sys/bus/pci/devices/*/graphics)"
used 'fb0 > tty0 \(console\)' $boot "the boot display, with dom0's console on it"
used "$(drm $big)-Virtual-[0-9]+ \(display\)" $big "a second head with a picture"
is "$(holders $boot | jq -c '.[0]')" '["console","fb0","tty0"]' "show says the same"
exec 7<>"/dev/dri/$(drm $card)"
like "$(holders $card)" "\[\"process\",\"$(drm $card)\",\"bash\"" "show says which program draws on the card"
dark $card
used "$(drm $card) > bash \($$\) \(process\)" $card "a card with no picture, which a program has open"
exec 7>&-
exits 0 "a card with neither picture nor program is free" xvtd --dry-run assignable add $card $sound

# ---- two functions ----

before=$(host_drivers)
is "$(xvtd --json groups $card | jq -c '.groups[0].devices')" "[\"$card\",\"$sound\"]" "the card and its sound are one group"
exits 0 "assign --with-group" xvtd --json assign --with-group vm1 $card
slot=$(jq -r --arg bdf $card '.results[] | select(.bdf == $bdf) | .vslot[2:]' <<<"$out")
ok "the guest draws on the card" guest_draws vm1 "$slot"
exits 0 "detach --return" xvtd detach vm1 '1:0.*' --return
is "$(host_drivers)" "$before" "dom0's driver has it again"

# ---- as cfgs name them; memory below 4 GiB ----

# bars: check's remedy for memory that does not fit, from the last run's document.
bars() {
	jq -r '.checks[] | select(.name == "bars") | .remedy' <<<"$out"
}

cfg=/run/lab/display.cfg
guest_cfg gpu 'pci = [ "01:00.*" ]' >$cfg
exits 1 "cfg check fails for all functions without a slot" xvtd --json cfg check $cfg
like "$out" '"kind": "wildcard-vslot"' "the finding is wildcard-vslot"
guest_cfg gpu 'pci = [ "01:00.*@7" ]' >$cfg
exits 0 "cfg check passes for all functions with a slot" xvtd --json cfg check $cfg
like "$out" '"kind": "multifunction"' "the finding is multifunction"
exits 0 "check of the card and its sound" xvtd --json check vm1 $card $sound
is "$(bars)" "" "the card's memory fits below 4 GiB"
dark $big
exits 0 "check of a display with 256 MiB" xvtd --json check vm1 $big
like "$(bars)" '^put mmio_hole = [0-9]+ into' "256 MiB do not fit: the remedy is a line to add"
line=$(bars) line=${line#put } line=${line% into*}
exits 0 "assign the display to vm1, without the line" xvtd assign vm1 $big 7
ok "vm1 sees the display" wait_guest_sees vm1 07 1234:1111:038000
like "$(guest_run vm1 'head -n 1 /sys/bus/pci/devices/0000:00:07.0/resource')" '^0x0+ ' "vm1 has no room for its memory"
exits 0 "detach the display --return" xvtd detach vm1 $big --return
dark $big

exits 0 "assignable add of the card and its sound" xvtd assignable add $card $sound
guest_create gpu "$line" 'pci = [ "01:00.0", "01:00.1" ]'
exits 0 "cfg check of a cfg with both" xvtd cfg check "$LAB_GUESTS/gpu/cfg"
ok "a guest with both and with the line comes up" guest_wait gpu
is "$(xvtd --json pci-list gpu | jq -c '[.devices[].bdf]')" "[\"$card\",\"$sound\"]" "the guest has both"
slot=$(xvtd --json pci-list gpu | jq -r '.devices[0].vslot[2:]')
ok "the guest draws on its card" guest_draws gpu "$slot"
exits 0 "check of 256 MiB for the guest with the line" xvtd --json check gpu $big
is "$(bars)" "" "256 MiB fit with the line"
exits 0 "assign the display" xvtd assign gpu $big 9
ok "the guest draws on the display, too" guest_draws gpu 09
guest_destroy gpu
exits 0 "assignable remove of all three" xvtd assignable remove $card $sound $big
is "$(host_drivers)" "$before" "dom0's driver has them again"

for console in /sys/class/vtconsole/*; do
	! grep -q 'frame buffer' "$console/name" || echo 0 >"$console/bind"
done
ok "the driver of the displays can be unloaded" modprobe -r bochs
done_testing
