# SPDX-License-Identifier: GPL-2.0-or-later
"""What all modules share: a program started with --json, its document, its plan, its errors."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os

# Where the programs are installed, whatever PATH a task has.
PATHS = ['/usr/sbin', '/usr/local/sbin']


class Program:
    """xvtd or pciback-hide. Every failure ends the module with the program's own sentence."""

    def __init__(self, module, name='xvtd'):
        self.module = module
        self.name = name
        self.path = module.get_bin_path(name, opt_dirs=PATHS)
        if not self.path:
            module.fail_json(msg="%s: there is no such program on this host\nhint: the role "
                             "xvtd.passthrough.host installs it" % name, kind='environment', code=6)

    def run(self, args, tolerate=()):
        """The document that the program prints; it may fail with one of the exit codes TOLERATE."""
        code, out, err = self.module.run_command([self.path, '--json'] + args,
                                                 environ_update={'LC_ALL': 'C.UTF-8'})
        try:
            document = json.loads(out)
        except ValueError:
            self.module.fail_json(msg='%s: %s' % (self.name, err.strip() or 'it printed no document'),
                                  code=code, kind='failed', stdout=out, stderr=err)
        if code and code not in tolerate:
            self.fail(document, code)
        return document

    def fail(self, document, code):
        """Its message, hint and code; what it did before that counts as a change."""
        error = document.get('error', {})
        results = document.get('results', [])
        text = '%s: %s' % (self.name, error.get('message', 'exit code %d' % code))
        if error.get('hint'):
            text += '\nhint: ' + error['hint']
        self.module.fail_json(msg=text, code=error.get('code', code), kind=error.get('kind'),
                              hint=error.get('hint'), results=results,
                              changed=any(r['status'] in ('done', 'pending') for r in results))

    def change(self, args, refused_as_done=()):
        """Plan, then do it unless there is nothing to do or this is check mode; ends the module."""
        planned = self.run(['--dry-run'] + args, refused_as_done)
        if planned.get('error'):
            self.module.exit_json(changed=False, results=[], plan=[])
        changed = bool(planned.get('plan') or planned.get('diff'))
        result = {'changed': changed, 'plan': planned.get('plan', []), 'results': []}
        if self.module._diff:
            result['diff'] = difference(planned)
        if changed and not self.module.check_mode:
            document = self.run(args)
            for key in ('results', 'saved', 'migration'):
                if key in document:
                    result[key] = document[key]
        self.module.exit_json(**result)


def difference(planned):
    """The plan, and what becomes of a guest's cfg, as a diff."""
    text = ''.join('+ %s %s\n' % (step['step'], step['object']) for step in planned.get('plan', []))
    return [{'prepared': part} for part in (text, planned.get('diff')) if part]


def file_differences(plan):
    """The files that a plan of pciback-hide writes and removes, against what is there."""
    found = []
    for step in plan:
        before = ''
        if os.path.exists(step['object']):
            with open(step['object'], 'rb') as there:
                before = there.read().decode('utf-8', 'replace')
        found.append({'before_header': step['object'], 'after_header': step['object'],
                      'before': before, 'after': step.get('text') or ''})
    return found
