# machine: base
# peer: base
# controller: yes
# packages: yes
# named: yes
# weight: 400
# timeout: 2400
#
# Two hosts by Ansible, over ssh: from untouched to hidden at boot and attached; nothing changes the
# second time; check mode changes nothing and says what it would; a refusal fails its host alone, in
# xvtd's words; a host is evacuated.
. "$LAB_TOP/tests/lab/dom0/lib.sh"

read -ra ports <<<"$LAB_PORTS"
mkdir -p "$LAB_RUN"
cd "$LAB_RUN" || exit 1
sed 's/^/* /' "$LAB_KEYS/host.pub" >known_hosts
options="-o UserKnownHostsFile=$LAB_RUN/known_hosts -o KexAlgorithms=ecdh-sha2-nistp256 -o ServerAliveInterval=5"
for n in 1 2; do
	echo "host$n ansible_port=${ports[n - 1]} xvtd_evacuate_address=host$((3 - n))"
done >inventory
cat >>inventory <<END
[all:vars]
ansible_host=127.0.0.1
ansible_user=root
ansible_ssh_private_key_file=$LAB_KEYS/user
ansible_python_interpreter=/usr/bin/python3
ansible_ssh_common_args=$options
END
export ANSIBLE_INVENTORY=$LAB_RUN/inventory ANSIBLE_COLLECTIONS_PATH=$LAB_RUN ANSIBLE_PIPELINING=1 \
	ANSIBLE_HOME=$LAB_RUN/ansible ANSIBLE_LOCAL_TEMP=$LAB_RUN/ansible/tmp ANSIBLE_NOCOLOR=1 \
	ANSIBLE_TIMEOUT=60 ANSIBLE_DEPRECATION_WARNINGS=0 LC_ALL=C.UTF-8

# on NUMBER COMMAND...: a shell command on that host.
on() {
	# shellcheck disable=SC2086 # a list of words
	ssh $options -i "$LAB_KEYS/user" -p "${ports[$1 - 1]}" root@127.0.0.1 "${*:2}" </dev/null
}

# play NAME FILE [WORD...]: run a playbook; sets out, and rc.
play() {
	local began=$SECONDS
	run ansible-playbook "${@:2}"
	diag "$1: exit $rc, $((SECONDS - began)) s"
	printf '%s\n' "$out" "$err" >"$1.log"
}

# recap HOST: "CHANGED FAILED" of the last run.
recap() {
	sed -n "s/^$1 .*changed=\([0-9]*\).*unreachable=0.*failed=\([0-9]*\).*/\1 \2/p" <<<"$out"
}

# drivers NUMBER: what has the devices that are to be hidden.
drivers() {
	on "$1" 'for d in 02:00.0 07:00.0; do basename $(readlink /sys/bus/pci/devices/0000:$d/driver); done' | tr '\n' ' '
}

version=$(sed -n 's/^VERSION := //p' "$LAB_TOP/Makefile")
exits 0 "the collection is built" ansible-galaxy collection build --output-path . "$LAB_TOP/ansible"
exits 0 "and installed" ansible-galaxy collection install --offline -p . "xvtd-passthrough-$version.tar.gz"

cat >site.yml <<'END'
- name: Hosts with passthrough
  hosts: all
  gather_facts: false
  roles:
    - role: xvtd.passthrough.host
  vars:
    xvtd_host_packages: [pciback-tools, xvtd]
    xvtd_host_package_manager: apt
    xvtd_host_names: {uplink0: "02:00.0"}
    xvtd_host_hide: [uplink0, "07:00.0"]
END
is "$(drivers 1)" "e1000e e1000e " "the hosts are untouched"
play untouched site.yml --check --limit host1
is "$(recap host1)" "1 0" "check mode says that packages are missing"
like "$(on 1 'command -v xvtd || echo none')" none "and installs none"

play first site.yml
is "$(recap host1 | cut -d' ' -f2) $(recap host2 | cut -d' ' -f2)" "0 0" "both hosts are made ready"
is "$(drivers 1)$(drivers 2)" "pciback pciback pciback pciback " "the devices are hidden, in a boot since"
exits 0 "and pciback-hide agrees" on 1 pciback-hide --status

play second site.yml
is "$(recap host1), $(recap host2)" "0 0, 0 0" "the second run changes nothing"
play more site.yml --check --diff -e '{"xvtd_host_hide": ["02:00.0"], "xvtd_host_names": {"uplink0": "02:00.0", "disk0": "0a:00.0"}}'
is "$(recap host1)" "3 0" "check mode says what it would change: a name, a file, and the reboot"
like "$out" $'\n-.*0000:07:00.0' "which device would no longer be hidden"
is "$(on 1 'xvtd --json name; pciback-hide --json --status' | grep -cE 'disk0|"agree": true')" 1 "and has changed nothing"

ok "a guest on the first host" on 1 '. /lab/dom0/lib.sh; guest_create vm1 && guest_wait vm1'
on 2 "mkdir -p $LAB_GUESTS/vm1; cd $LAB_GUESTS/vm1 && mkfifo ctl.in ctl.out"
cat >attach.yml <<'END'
- name: Devices for a guest
  hosts: host1
  gather_facts: false
  tasks:
    - name: Attach
      xvtd.passthrough.device:
        device: [uplink0@7, "07:00.0@8"]
        state: attached
        domain: vm1
END
play attach attach.yml --check --diff
is "$(recap host1)" "1 0" "check mode would attach two devices"
like "$out" 'attach .*0000:02:00.0' "as the plan says"
is "$(on 1 xvtd pci-list vm1 | grep -c 0x0)" 0 "and attaches none"
play attach attach.yml
is "$(recap host1)" "1 0" "they are attached"
ok "the guest drives the one" on 1 '. /lab/dom0/lib.sh; wait_guest_sees vm1 07 8086:10d3:020000:e1000e'
ok "and the other" on 1 '. /lab/dom0/lib.sh; wait_guest_sees vm1 08 8086:10d3:020000:e1000e'
play again attach.yml
is "$(recap host1)" "0 0" "the second time nothing changes"

cat >refuse.yml <<'END'
- name: A device that dom0 lives on, on one of two hosts
  hosts: all
  gather_facts: false
  tasks:
    - name: Take
      xvtd.passthrough.device:
        device: ["{{ {'host1': '00:03.0', 'host2': '01:00.0'}[inventory_hostname] }}"]
        state: assignable
END
play refuse refuse.yml
is "$rc; $(recap host1), $(recap host2)" "2; 0 1, 1 0" "a refusal fails its host, and no other"
like "$out" 'xvtd: assignable add: 0000:00:03.0: dom0 uses it: vda' "in xvtd's words"
like "$out" '"code": 3,.*"kind": "in-use"' "with its code and kind"

cat >evacuate.yml <<'END'
- name: Empty a host
  hosts: host1
  gather_facts: false
  roles:
    - role: xvtd.passthrough.evacuate
  vars:
    xvtd_evacuate_to: host2
    xvtd_evacuate_poll: 10
END
slots=$(on 1 xvtd pci-list vm1)
play evacuate evacuate.yml
is "$(recap host1 | cut -d' ' -f2)" 0 "the host is evacuated"
like "$out" '"host2": \{[^}]*"vm1": \[[^]]*0000:02:00.0' "it says what is where"
is "$(on 2 xvtd pci-list vm1)" "$slots" "the guest has its two devices there, at their slots"
ok "the guest drives the one" on 2 '. /lab/dom0/lib.sh; wait_guest_sees vm1 07 8086:10d3:020000:e1000e'
ok "and the other" on 2 '. /lab/dom0/lib.sh; wait_guest_sees vm1 08 8086:10d3:020000:e1000e'
ok "and is no longer here" on 1 '! xl domid vm1'
play evacuated evacuate.yml
is "$(recap host1)" "0 0" "once more nothing changes"
done_testing
