#!/usr/bin/python
# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
---
module: name
short_description: A name for a PCI device of a Xen host
version_added: 0.1.0
description:
  - Gives a device a name that stands for it in every program of xvtd and in xl, or takes the name away.
  - The name is kept with what the device is, so that it is found when it has been renumbered.
author:
  - xvtd developers (@xvtd)
options:
  name:
    description: The name, a letter and then letters, digits, C(_) and C(-).
    type: str
    required: true
  device:
    description: The device, as a BDF. Needed for I(state=present).
    type: str
  state:
    description: Whether a device has the name.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Makes every check and changes nothing.
    support: full
  diff_mode:
    description: Shows the plan.
    support: full
'''

EXAMPLES = r'''
- name: The NIC at 02:00.0 is uplink0
  xvtd.passthrough.name:
    name: uplink0
    device: "02:00.0"

- name: No device is called old0
  xvtd.passthrough.name:
    name: old0
    state: absent
'''

RETURN = r'''
results:
  description: The device and what became of its name. Empty in check mode.
  type: list
  elements: dict
  returned: success
plan:
  description: The step that was to be made.
  type: list
  elements: dict
  returned: success
code:
  description: The exit code of xvtd.
  type: int
  returned: failure
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.xvtd.passthrough.plugins.module_utils.xvtd import Program

NOT_FOUND = 4


def main():
    module = AnsibleModule(
        argument_spec={
            'name': {'type': 'str', 'required': True},
            'device': {'type': 'str'},
            'state': {'type': 'str', 'choices': ['present', 'absent'], 'default': 'present'},
        },
        required_if=[('state', 'present', ['device'])],
        supports_check_mode=True)
    program = Program(module)
    if module.params['state'] == 'absent':
        program.change(['name', '--remove', module.params['name']], refused_as_done=(NOT_FOUND,))
    program.change(['name', module.params['device'], module.params['name']])


if __name__ == '__main__':
    main()
