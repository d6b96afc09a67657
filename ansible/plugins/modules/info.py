#!/usr/bin/python
# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
---
module: info
short_description: PCI devices, groups, guests and checks of a Xen host
version_added: 0.1.0
description:
  - Tells what C(xvtd) knows of a host. Changes nothing.
author:
  - xvtd developers (@xvtd)
options:
  gather:
    description: What to look at.
    type: list
    elements: str
    choices: [devices, groups, guests, checks, hidden, names]
    default: [devices, groups, guests, checks]
  domain:
    description: A guest that the checks are to be about, too.
    type: str
  devices:
    description: Devices that the checks are to be about, too.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Changes nothing.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
'''

EXAMPLES = r'''
- name: Look
  xvtd.passthrough.info:
  register: pci

- name: Stop where the host is not fit for passthrough
  ansible.builtin.assert:
    that: pci.ok

- name: Which guests have devices
  ansible.builtin.debug:
    var: pci.guests
'''

RETURN = r'''
devices:
  description: The devices as C(xvtd --json list) gives them.
  type: list
  elements: dict
  returned: when gathered
groups:
  description: The co-assignment groups as C(xvtd --json groups) gives them.
  type: list
  elements: dict
  returned: when gathered
guests:
  description: Each guest that has devices, with their addresses.
  type: dict
  returned: when gathered
checks:
  description: The checks as C(xvtd --json check) gives them.
  type: list
  elements: dict
  returned: when gathered
ok:
  description: No check failed.
  type: bool
  returned: with I(checks)
hidden:
  description: The answer of C(pciback-hide --status).
  type: dict
  returned: when gathered
names:
  description: The names of devices as C(xvtd --json name) gives them.
  type: list
  elements: dict
  returned: when gathered
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.xvtd.passthrough.plugins.module_utils.xvtd import Program

NEGATIVE = 1    # the verdict of a check; the document is whole


def guests_of(devices):
    """Which guest has which devices."""
    guests = {}
    for device in devices:
        if device['domain']:
            name = device['domain']['name'] or str(device['domain']['id'])
            guests.setdefault(name, []).append(device['bdf'])
    return guests


def main():
    module = AnsibleModule(
        argument_spec={
            'gather': {'type': 'list', 'elements': 'str',
                       'choices': ['devices', 'groups', 'guests', 'checks', 'hidden', 'names'],
                       'default': ['devices', 'groups', 'guests', 'checks']},
            'domain': {'type': 'str'},
            'devices': {'type': 'list', 'elements': 'str', 'default': []},
        },
        supports_check_mode=True)
    gather = module.params['gather']
    xvtd = Program(module)
    result = {'changed': False}
    if 'devices' in gather or 'guests' in gather:
        devices = xvtd.run(['list'])['devices']
        if 'devices' in gather:
            result['devices'] = devices
        if 'guests' in gather:
            result['guests'] = guests_of(devices)
    if 'groups' in gather:
        result['groups'] = xvtd.run(['groups'])['groups']
    if 'names' in gather:
        result['names'] = xvtd.run(['name'])['names']
    if 'checks' in gather:
        domain = ['--domain=' + module.params['domain']] if module.params['domain'] else []
        document = xvtd.run(['check'] + domain + module.params['devices'], tolerate=(NEGATIVE,))
        if 'checks' not in document:
            xvtd.fail(document, NEGATIVE)
        result['checks'], result['ok'] = document['checks'], document['ok']
    if 'hidden' in gather:
        result['hidden'] = Program(module, 'pciback-hide').run(['--status'], tolerate=(NEGATIVE,))
    module.exit_json(**result)


if __name__ == '__main__':
    main()
