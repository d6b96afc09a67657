#!/usr/bin/python
# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
---
module: hidden
short_description: The PCI devices that pciback holds from boot on
version_added: 0.1.0
description:
  - Writes the boot configuration that keeps devices from their native drivers, with C(pciback-hide --install).
  - Tells whether a reboot is needed. It neither reboots nor runs what has to be run before, see I(next).
author:
  - xvtd developers (@xvtd)
options:
  devices:
    description: The devices to hide, each a BDF or a name. An empty list with I(state=exactly) hides nothing.
    type: list
    elements: str
    default: []
  state:
    description:
      - C(exactly), these and no others.
      - C(added), these and what is hidden already.
      - C(absent), nothing; removes the files of C(pciback-hide).
    type: str
    choices: [exactly, added, absent]
    default: exactly
  method:
    description: How they are hidden. What suits the host by default.
    type: str
    choices: [grub, modprobe, udev, xen-cmdline]
  allow:
    description: The checks that are to be passed over.
    type: list
    elements: str
    choices: [absent, in-use]
    default: []
attributes:
  check_mode:
    description: Says what would be written and writes nothing.
    support: full
  diff_mode:
    description: Shows each file before and after.
    support: full
'''

EXAMPLES = r'''
- name: Hide two NICs
  xvtd.passthrough.hidden:
    devices: ["02:00.0", "07:00.0"]
  register: hidden

- name: What the boot reads
  ansible.builtin.command: "{{ item }}"
  loop: "{{ hidden.next }}"
  when: hidden.changed

- name: Reboot
  ansible.builtin.reboot:
  when: hidden.reboot_required
'''

RETURN = r'''
reboot_required:
  description: The configuration, this boot and what the devices have now do not agree. Not known in check mode.
  type: bool
  returned: success
next:
  description: The commands that have to be run before the reboot.
  type: list
  elements: str
  returned: success
files:
  description: Each file with what became of it.
  type: list
  elements: dict
  returned: success
status:
  description: The answer of C(pciback-hide --status), as it was before in check mode.
  type: dict
  returned: success
code:
  description: The exit code of pciback-hide.
  type: int
  returned: failure
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.xvtd.passthrough.plugins.module_utils.xvtd import Program, file_differences


def command(p):
    """The task as words of pciback-hide's command line."""
    if p['state'] == 'absent' or not p['devices']:
        return ['--uninstall'] if p['state'] != 'added' else None
    options = ['--allow=' + check for check in p['allow']]
    options += ['--add'] if p['state'] == 'added' else []
    options += ['--method=' + p['method']] if p['method'] else []
    return ['--install'] + options + p['devices']


def main():
    module = AnsibleModule(
        argument_spec={
            'devices': {'type': 'list', 'elements': 'str', 'default': []},
            'state': {'type': 'str', 'choices': ['exactly', 'added', 'absent'], 'default': 'exactly'},
            'method': {'type': 'str', 'choices': ['grub', 'modprobe', 'udev', 'xen-cmdline']},
            'allow': {'type': 'list', 'elements': 'str', 'choices': ['absent', 'in-use'], 'default': []},
        },
        supports_check_mode=True)
    program = Program(module, 'pciback-hide')
    words = command(module.params)
    result = {'changed': False, 'next': [], 'files': []}
    if words:
        plan = program.run(['--dry-run'] + words)['plan']
        result['changed'] = bool(plan)
        if module._diff:
            result['diff'] = file_differences(plan)
        if not module.check_mode:
            document = program.run(words)
            result['files'] = document['files']
            result['next'] = document['next']
        else:
            result['files'] = [{'path': step['object'], 'status': step['step']} for step in plan]
    result['status'] = program.run(['--status'], tolerate=(1,))
    result['status'].pop('error', None)
    result['reboot_required'] = not result['status']['agree'] or (module.check_mode and result['changed'])
    module.exit_json(**result)


if __name__ == '__main__':
    main()
