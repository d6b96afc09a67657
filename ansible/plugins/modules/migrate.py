#!/usr/bin/python
# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
---
module: migrate
short_description: Live-migrate a Xen guest that has PCI devices
version_added: 0.1.0
description:
  - Takes the devices out of the guest, migrates it, and puts them back on the other host, with C(xvtd migrate).
  - Both hosts are checked first. When the migration fails, the devices come back on this host.
  - A guest that runs on the other host and not on this one has been migrated already.
author:
  - xvtd developers (@xvtd)
options:
  domain:
    description: The guest, by name or UUID.
    type: str
    required: true
  host:
    description: The other host, as this host reaches it.
    type: str
    required: true
  rsh:
    description: The command by which this host runs a command on the other one.
    type: str
    default: ssh
  map:
    description: For devices of this host, which device of the other host takes its place.
    type: dict
    default: {}
  timeout:
    description: Wait at most this many seconds for the guest to release its devices.
    type: int
  xl_options:
    description: Options for C(xl migrate).
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Both hosts are checked, nothing is changed.
    support: full
  diff_mode:
    description: Shows the plan.
    support: full
'''

EXAMPLES = r'''
- name: Move vm1 to xen2
  xvtd.passthrough.migrate:
    domain: vm1
    host: xen2.example.com
    map:
      "07:00.0": "01:00.0"
'''

RETURN = r'''
results:
  description: What became of each device on the other host. Empty in check mode.
  type: list
  elements: dict
  returned: success
migration:
  description: The times of each phase in milliseconds, and how long the guest was without its devices.
  type: dict
  returned: when it was migrated
plan:
  description: The steps that were to be made.
  type: list
  elements: dict
  returned: success
code:
  description: The exit code of xvtd. 1 means that the guest runs on this host with its devices.
  type: int
  returned: failure
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.xvtd.passthrough.plugins.module_utils.xvtd import Program

NOT_FOUND = 4


def is_there(module):
    """The other host has that guest. As for xl, the command and the host are text for a shell."""
    p = module.params
    code, dummy, dummy = module.run_command(
        ['sh', '-c', 'exec %s %s xvtd --json pci-list "$1" </dev/null' % (p['rsh'], p['host']), 'sh',
         p['domain']])
    return code == 0


def main():
    module = AnsibleModule(
        argument_spec={
            'domain': {'type': 'str', 'required': True},
            'host': {'type': 'str', 'required': True},
            'rsh': {'type': 'str', 'default': 'ssh'},
            'map': {'type': 'dict', 'default': {}},
            'timeout': {'type': 'int'},
            'xl_options': {'type': 'list', 'elements': 'str', 'default': []},
        },
        supports_check_mode=True)
    p = module.params
    xvtd = Program(module)
    here = xvtd.run(['pci-list', p['domain']], tolerate=(NOT_FOUND,))
    if 'error' in here:
        if is_there(module):
            module.exit_json(changed=False, results=[], plan=[])
        xvtd.fail(here, NOT_FOUND)
    words = ['migrate', '--rsh=' + p['rsh']]
    words += ['--map=%s=%s' % pair for pair in sorted(p['map'].items())]
    words += ['--timeout=%d' % p['timeout']] if p['timeout'] else []
    words += [p['domain'], p['host']]
    words += ['--'] + p['xl_options'] if p['xl_options'] else []
    xvtd.change(words)


if __name__ == '__main__':
    main()
