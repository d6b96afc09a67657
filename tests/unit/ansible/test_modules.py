#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The collection's modules against programs that answer canned documents: TAP for tests/unit/run."""
import json
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import stub  # noqa: E402

# Answers with file N of the folder at the N-th start, and writes down its words.
FAKE = '''#!/bin/sh
n=$(cat "%(dir)s/n" 2>/dev/null || echo 0)
echo $((n + 1)) >"%(dir)s/n"
echo "${0##*/} $*" >>"%(dir)s/calls"
cat "%(dir)s/$n.out"
echo "xvtd: as a person reads it" >&2
exit "$(cat "%(dir)s/$n.code")"
'''
STEP = {'step': 'attach', 'object': '0000:02:00.0 to vm1 at 0x07', 'undo': 'detach'}
DONE = {'bdf': '0000:02:00.0', 'status': 'done', 'vslot': '0x07', 'message': 'attached to vm1 at 0x07'}
REFUSED = {'error': {'code': 3, 'kind': 'in-use', 'message': 'assign: 0000:00:03.0: dom0 uses it',
                     'hint': 'free it in dom0 first'}}


class Modules(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.TemporaryDirectory()
        self.addCleanup(self.work.cleanup)
        self.dir = self.work.name

    def run_module(self, name, task, answers, check=False, diff=False):
        """The result, the programs' starts, and whether it failed."""
        for program in ('xvtd', 'pciback-hide', 'ssh'):
            path = os.path.join(self.dir, program)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(FAKE % {'dir': self.dir})
            os.chmod(path, 0o755)
        for i, (code, document) in enumerate(answers):
            with open('%s/%d.out' % (self.dir, i), 'w', encoding='utf-8') as file:
                file.write(document if isinstance(document, str) else json.dumps(document))
            with open('%s/%d.code' % (self.dir, i), 'w', encoding='utf-8') as file:
                file.write(str(code))
        module = stub.load(name)
        stub.AnsibleModule.task, stub.AnsibleModule.path = task, self.dir
        stub.AnsibleModule.check_mode, stub.AnsibleModule._diff = check, diff
        with self.assertRaises(stub.Ended) as ended:
            module.main()
        calls = []
        if os.path.exists(self.dir + '/calls'):
            with open(self.dir + '/calls', encoding='utf-8') as file:
                calls = file.read().splitlines()
        self.assertEqual(len(calls), len(answers))
        return ended.exception.result, calls, ended.exception.failed

    ATTACH = {'device': ['02:00.0'], 'state': 'attached', 'domain': 'vm1', 'vslot': '7'}

    def test_attach(self):
        result, calls, failed = self.run_module('device', self.ATTACH, [(0, {'plan': [STEP]}),
                                                                        (0, {'results': [DONE]})])
        self.assertFalse(failed)
        self.assertTrue(result['changed'])
        self.assertEqual(result['results'], [DONE])
        self.assertEqual(calls, ['xvtd --json --dry-run assign vm1 02:00.0 7', 'xvtd --json assign vm1 02:00.0 7'])

    def test_attached_already(self):
        result, calls, _ = self.run_module('device', self.ATTACH, [(0, {'plan': []})])
        self.assertFalse(result['changed'])
        self.assertEqual(len(calls), 1)

    def test_check_mode_changes_nothing(self):
        result, calls, _ = self.run_module('device', self.ATTACH, [(0, {'plan': [STEP]})], check=True)
        self.assertTrue(result['changed'])
        self.assertEqual(result['plan'], [STEP])
        self.assertIn('--dry-run', calls[0])

    def test_save_alone_is_a_change(self):
        task = dict(self.ATTACH, save=True)
        result, calls, _ = self.run_module('device', task, [
            (0, {'plan': [], 'diff': '-pci = []\n+pci = [ "02:00.0@07" ]\n'}),
            (0, {'results': [], 'saved': '/etc/xen/vm1.cfg'})], diff=True)
        self.assertTrue(result['changed'])
        self.assertEqual(result['saved'], '/etc/xen/vm1.cfg')
        self.assertEqual(calls[1], 'xvtd --json assign --save vm1 02:00.0 7')
        self.assertEqual([d['prepared'][:5] for d in result['diff']], ['-pci '])

    def test_diff_shows_the_plan(self):
        result, _, _ = self.run_module('device', self.ATTACH, [(0, {'plan': [STEP]})], check=True, diff=True)
        self.assertEqual(result['diff'], [{'prepared': '+ attach 0000:02:00.0 to vm1 at 0x07\n'}])

    def test_refusal_is_told_in_its_own_words(self):
        result, _, failed = self.run_module('device', self.ATTACH, [(3, REFUSED)])
        self.assertTrue(failed)
        self.assertFalse(result['changed'])
        self.assertEqual(result['msg'], 'xvtd: assign: 0000:00:03.0: dom0 uses it\nhint: free it in dom0 first')
        self.assertEqual((result['code'], result['kind']), (3, 'in-use'))

    def test_half_done_is_a_change(self):
        left = {'results': [DONE, dict(DONE, status='pending')], 'error': {
            'code': 5, 'kind': 'incomplete', 'message': 'detach: 0000:02:00.0: vm1 has not let go', 'hint': ''}}
        task = {'device': ['02:00.0', '07:00.0'], 'state': 'detached', 'domain': 'vm1', 'give_back': True,
                'timeout': 5}
        result, calls, failed = self.run_module('device', task, [(0, {'plan': [STEP]}), (5, left)])
        self.assertTrue(failed)
        self.assertTrue(result['changed'])
        self.assertEqual(len(result['results']), 2)
        self.assertEqual(calls[1], 'xvtd --json detach --return --timeout=5 vm1 02:00.0 07:00.0')

    def test_no_document(self):
        result, _, failed = self.run_module('device', self.ATTACH, [(255, '')])
        self.assertTrue(failed)
        self.assertIn('as a person reads it', result['msg'])

    def test_other_states(self):
        for state, words in (('assignable', 'add'), ('native', 'remove')):
            with self.subTest(state):
                self.setUp()
                task = {'device': ['uplink0'], 'state': state, 'allow': ['in-use']}
                _, calls, _ = self.run_module('device', task, [(0, {'plan': []})])
                self.assertEqual(calls, ['xvtd --json --dry-run assignable %s --allow=in-use uplink0' % words])

    def test_options_of_an_attach(self):
        task = {'device': ['2:0.0@7', 'disk1'], 'state': 'attached', 'domain': 'vm1', 'cfg': '/a b',
                'with_group': True, 'permissive': True, 'rdm_policy': 'relaxed'}
        _, calls, _ = self.run_module('device', task, [(0, {'plan': []})])
        self.assertEqual(calls, ['xvtd --json --dry-run assign --save=/a b --with-group --permissive '
                                 '--rdm-policy=relaxed vm1 2:0.0@7 disk1'])

    def test_what_is_missing(self):
        for task in ({'device': ['a'], 'state': 'attached'}, {'device': ['a'], 'state': 'detached'},
                     {'device': ['a', 'b'], 'state': 'attached', 'domain': 'v', 'vslot': '7'},
                     {'device': ['a'], 'state': 'elsewhere'}):
            self.assertTrue(self.run_module('device', task, [])[2])

    def test_hidden(self):
        path = self.dir + '/hide.conf'
        with open(path, 'w', encoding='utf-8') as file:
            file.write('before\n')
        plan = {'plan': [{'step': 'write', 'object': path, 'text': 'after\n'}]}
        files = {'files': [{'path': path, 'status': 'written'}], 'next': ['update-initramfs -u -k all']}
        status = {'agree': False, 'devices': [], 'error': {'code': 1}}
        result, calls, failed = self.run_module('hidden', {'devices': ['02:00.0']},
                                                [(0, plan), (0, files), (1, status)], diff=True)
        self.assertFalse(failed)
        self.assertTrue(result['changed'] and result['reboot_required'])
        self.assertEqual(result['next'], files['next'])
        self.assertEqual((result['diff'][0]['before'], result['diff'][0]['after']), ('before\n', 'after\n'))
        self.assertEqual(calls[1], 'pciback-hide --json --install 02:00.0')

    def test_hidden_already(self):
        result, _, _ = self.run_module('hidden', {'devices': ['02:00.0'], 'state': 'added', 'method': 'udev'},
                                       [(0, {'plan': []}), (0, {'files': [], 'next': []}),
                                        (0, {'agree': True})])
        self.assertFalse(result['changed'] or result['reboot_required'])

    def test_hidden_check_mode(self):
        result, calls, _ = self.run_module('hidden', {'devices': []}, [
            (0, {'plan': [{'step': 'remove', 'object': '/nowhere'}]}), (0, {'agree': True})], check=True)
        self.assertTrue(result['changed'] and result['reboot_required'])
        self.assertEqual(calls[0], 'pciback-hide --json --dry-run --uninstall')

    def test_name(self):
        result, calls, _ = self.run_module('name', {'name': 'uplink0', 'device': '02:00.0'},
                                           [(0, {'plan': [STEP]}), (0, {'results': [DONE]})])
        self.assertTrue(result['changed'])
        self.assertEqual(calls[1], 'xvtd --json name 02:00.0 uplink0')

    def test_name_that_no_device_has(self):
        result, _, failed = self.run_module('name', {'name': 'old0', 'state': 'absent'},
                                            [(4, {'error': {'code': 4, 'message': 'no device'}})])
        self.assertFalse(failed or result['changed'])

    def test_info(self):
        vm1 = {'id': 1, 'name': 'vm1'}
        devices = [{'bdf': 'a', 'domain': vm1}, {'bdf': 'b', 'domain': None}, {'bdf': 'c', 'domain': vm1}]
        checks = {'ok': False, 'checks': [], 'error': {'code': 1}}
        result, _, failed = self.run_module('info', {}, [(0, {'devices': devices}), (0, {'groups': []}),
                                                         (1, checks)])
        self.assertFalse(failed or result['changed'])
        self.assertEqual(result['guests'], {'vm1': ['a', 'c']})
        self.assertFalse(result['ok'])

    def test_info_that_fails(self):
        error = {'error': {'code': 1, 'message': 'check: read /proc', 'hint': ''}}
        result, _, failed = self.run_module('info', {'gather': ['checks']}, [(1, error)])
        self.assertTrue(failed)
        self.assertEqual(result['msg'], 'xvtd: check: read /proc')

    def test_migrate(self):
        task = {'domain': 'vm1', 'host': 'xen2', 'map': {'7:0.0': '1:0.0'}, 'xl_options': ['-p']}
        result, calls, _ = self.run_module('migrate', task, [
            (0, {'devices': []}), (0, {'plan': [STEP]}),
            (0, {'results': [DONE], 'migration': {'host': 'xen2'}})])
        self.assertTrue(result['changed'])
        self.assertEqual(result['migration'], {'host': 'xen2'})
        self.assertEqual(calls[2], 'xvtd --json migrate --rsh=ssh --map=7:0.0=1:0.0 vm1 xen2 -- -p')

    MISSING = {'error': {'code': 4, 'message': "pci-list: 'vm1': there is no such domain", 'hint': ''}}

    def test_migrated_already(self):
        result, calls, failed = self.run_module('migrate', {'domain': 'vm1', 'host': 'xen2'},
                                                [(4, self.MISSING), (0, {})])
        self.assertFalse(failed or result['changed'])
        self.assertEqual(calls[1], 'ssh xen2 xvtd --json pci-list vm1')

    def test_guest_on_neither_host(self):
        result, _, failed = self.run_module('migrate', {'domain': 'vm1', 'host': 'xen2'},
                                            [(4, self.MISSING), (4, {})])
        self.assertTrue(failed)
        self.assertEqual(result['code'], 4)

    def test_without_xvtd(self):
        stub.load('device')
        stub.AnsibleModule.task, stub.AnsibleModule.path = self.ATTACH, self.dir
        with self.assertRaises(stub.Ended) as ended:
            stub.load('device').main()
        self.assertEqual(ended.exception.result['code'], 6)


class Tap(unittest.TestResult):
    def addSuccess(self, test):
        print('ok %d - %s' % (self.testsRun, test.id()))

    def addFailure(self, test, err):
        print('not ok %d - %s' % (self.testsRun, test.id()))
        print('# ' + self._exc_info_to_string(err, test).replace('\n', '\n# '))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err:
            self.addFailure(test, err)


if __name__ == '__main__':
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules['__main__'])
    print('1..%d' % suite.countTestCases())
    suite.run(Tap())
