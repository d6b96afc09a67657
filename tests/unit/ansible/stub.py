# SPDX-License-Identifier: GPL-2.0-or-later
"""As much of ansible-core as the modules use, so that their tests need python3 alone."""
import importlib.util
import os
import subprocess
import sys
import types

COLLECTION = os.path.join(os.path.dirname(__file__), '..', '..', '..', 'ansible')


class Ended(Exception):
    """A module has said its result."""

    def __init__(self, failed, result):
        super().__init__(result.get('msg'))
        self.failed, self.result = failed, result


class AnsibleModule:
    """Takes its parameters from the class, as a task's would be after Ansible has read them."""
    task, check_mode, _diff, path = {}, False, False, ''

    def __init__(self, argument_spec, required_if=(), supports_check_mode=False):
        assert supports_check_mode
        unknown = set(self.task) - set(argument_spec)
        assert not unknown, unknown
        self.params = {key: self.task.get(key, spec.get('default')) for key, spec in argument_spec.items()}
        for key, spec in argument_spec.items():
            value = self.params[key]
            if spec.get('required') and value is None:
                self.fail_json(msg='missing required arguments: ' + key)
            if value is not None and spec['type'] in ('list', 'dict', 'bool', 'int'):
                assert isinstance(value, {'list': list, 'dict': dict, 'bool': bool, 'int': int}[spec['type']])
            for word in value if isinstance(value, list) else [value]:
                if word is not None and 'choices' in spec and word not in spec['choices']:
                    self.fail_json(msg='value of %s must be one of' % key)
        for key, value, needed in required_if:
            if self.params[key] == value and any(self.params[n] is None for n in needed):
                self.fail_json(msg='%s is %s but all of the following are missing' % (key, value))

    def get_bin_path(self, name, opt_dirs=()):
        assert '/usr/sbin' in opt_dirs
        file = os.path.join(self.path, name)
        return file if os.path.exists(file) else None

    def run_command(self, args, environ_update=None):
        env = dict(os.environ, PATH=self.path + ':' + os.environ['PATH'], **(environ_update or {}))
        done = subprocess.run(args, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout, done.stderr

    def exit_json(self, **result):
        raise Ended(False, result)

    def fail_json(self, **result):
        raise Ended(True, result)


def load(name):
    """The module of this name, with the stub below it."""
    for part in ('ansible', 'ansible.module_utils', 'ansible.module_utils.basic', 'ansible_collections',
                 'ansible_collections.xvtd', 'ansible_collections.xvtd.passthrough',
                 'ansible_collections.xvtd.passthrough.plugins',
                 'ansible_collections.xvtd.passthrough.plugins.module_utils'):
        sys.modules.setdefault(part, types.ModuleType(part))
    sys.modules['ansible.module_utils.basic'].AnsibleModule = AnsibleModule
    _file('ansible_collections.xvtd.passthrough.plugins.module_utils.xvtd', 'plugins/module_utils/xvtd.py')
    return _file('xvtd_' + name, 'plugins/modules/%s.py' % name)


def _file(name, path):
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, os.path.join(COLLECTION, path))
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]
