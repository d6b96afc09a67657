#!/usr/bin/python
# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
---
module: device
short_description: Where a PCI device is, in dom0 or in a Xen guest
version_added: 0.1.0
description:
  - Takes PCI devices from dom0, gives them back, attaches them to a running guest and takes them out.
  - Starts C(xvtd), which makes every safety check first and puts back what it moved when a later step fails.
author:
  - xvtd developers (@xvtd)
options:
  device:
    description:
      - The devices, each a BDF or a name that was given with M(xvtd.passthrough.name).
      - For I(state=attached) also a SPEC of xl-pci-configuration(5), such as C(02:00.0@07,permissive=1).
      - Several devices are attached all or none.
    type: list
    elements: str
    required: true
  state:
    description:
      - C(assignable), held by pciback and in no guest.
      - C(native), with its driver in dom0.
      - C(attached), in the guest I(domain).
      - C(detached), not in the guest I(domain).
    type: str
    required: true
    choices: [assignable, native, attached, detached]
  domain:
    description: The running guest, by name, UUID or domid.
    type: str
  vslot:
    description: The slot in the guest, hexadecimal, for a single device. The lowest free one by default.
    type: str
  with_group:
    description: Take the whole co-assignment group of the device.
    type: bool
    default: false
  permissive:
    description: Let the guest write all of the configuration space.
    type: bool
    default: false
  rdm_policy:
    description: What to do on a conflict with reserved memory.
    type: str
    choices: [strict, relaxed]
  save:
    description: Edit the guest's cfg in /etc/xen as well.
    type: bool
    default: false
  cfg:
    description: The guest's cfg, where it is not the one in /etc/xen with the guest's name. Implies I(save).
    type: path
  give_back:
    description: With I(state=detached), give the device back to its native driver too.
    type: bool
    default: false
  timeout:
    description: With I(state=detached), wait at most this many seconds for the guest to release it.
    type: int
  allow:
    description: The safety checks that a refusal named, and that are to be passed over.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Makes every check and changes nothing.
    support: full
  diff_mode:
    description: Shows the plan, and the change of the guest's cfg.
    support: full
'''

EXAMPLES = r'''
- name: Give the NIC to vm1 at slot 7, now and at each of its starts
  xvtd.passthrough.device:
    device: ["02:00.0"]
    state: attached
    domain: vm1
    vslot: "7"
    save: true

- name: Take two devices out of vm1, back to their drivers
  xvtd.passthrough.device:
    device: [uplink0, "07:00.0"]
    state: detached
    domain: vm1
    give_back: true

- name: Hold a device for guests
  xvtd.passthrough.device:
    device: ["0a:00.1"]
    state: assignable
'''

RETURN = r'''
plan:
  description: The steps that were to be made, each with its undo. Empty when all was so already.
  type: list
  elements: dict
  returned: success
results:
  description: What became of each device, with its slot in the guest. Empty in check mode.
  type: list
  elements: dict
  returned: always
saved:
  description: The cfg that was edited.
  type: str
  returned: when there was one
code:
  description: The exit code of xvtd.
  type: int
  returned: failure
kind:
  description: What kind of error it is, such as C(in-use).
  type: str
  returned: failure
hint:
  description: What to do about it.
  type: str
  returned: failure
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.xvtd.passthrough.plugins.module_utils.xvtd import Program


def command(p):
    """The task as words of xvtd's command line."""
    options = ['--allow=' + check for check in p['allow']]
    if p['state'] in ('assignable', 'native'):
        return ['assignable', {'assignable': 'add', 'native': 'remove'}[p['state']]] + options + p['device']
    if p['cfg']:
        options.append('--save=' + p['cfg'])
    elif p['save']:
        options.append('--save')
    if p['state'] == 'detached':
        options += ['--return'] if p['give_back'] else []
        options += ['--timeout=%d' % p['timeout']] if p['timeout'] else []
        return ['detach'] + options + [p['domain']] + p['device']
    options += ['--with-group'] if p['with_group'] else []
    options += ['--permissive'] if p['permissive'] else []
    options += ['--rdm-policy=' + p['rdm_policy']] if p['rdm_policy'] else []
    return ['assign'] + options + [p['domain']] + p['device'] + ([p['vslot']] if p['vslot'] else [])


def main():
    module = AnsibleModule(
        argument_spec={
            'device': {'type': 'list', 'elements': 'str', 'required': True},
            'state': {'type': 'str', 'required': True,
                      'choices': ['assignable', 'native', 'attached', 'detached']},
            'domain': {'type': 'str'},
            'vslot': {'type': 'str'},
            'with_group': {'type': 'bool', 'default': False},
            'permissive': {'type': 'bool', 'default': False},
            'rdm_policy': {'type': 'str', 'choices': ['strict', 'relaxed']},
            'save': {'type': 'bool', 'default': False},
            'cfg': {'type': 'path'},
            'give_back': {'type': 'bool', 'default': False},
            'timeout': {'type': 'int'},
            'allow': {'type': 'list', 'elements': 'str', 'default': []},
        },
        required_if=[('state', 'attached', ['domain']), ('state', 'detached', ['domain'])],
        supports_check_mode=True)
    if module.params['vslot'] and len(module.params['device']) != 1:
        module.fail_json(msg='vslot goes with one device; write DEVICE@VSLOT for each of several')
    Program(module).change(command(module.params))


if __name__ == '__main__':
    main()
