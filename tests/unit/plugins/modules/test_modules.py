# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules as Ansible runs them: one process, arguments on standard input, JSON on standard output."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core import _xen_module
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError

SECRET = "S3CRET"
LOG = """
import sys
from ansible.module_utils import basic
logged = []
basic.AnsibleModule._log_to_syslog = lambda self, text: logged.append(str(text))
from ansible.module_utils.testing import patch_module_args
from ansible_collections.netbsd.xen.plugins.modules import {module}
import json
with patch_module_args(json.load(sys.stdin)):
    try:
        {module}.main()
    finally:
        print(json.dumps(dict(logged=logged)))
"""


def run(module, **arguments):
    """The module's result, and all that it wrote to the system's log."""
    paths = [path for path in sys.path if path]
    done = subprocess.run(
        [sys.executable, "-c", LOG.format(module=module)],
        input=json.dumps({"_ansible_check_mode": False, **arguments}),
        capture_output=True,
        text=True,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(paths)),
        check=False,
    )
    lines = done.stdout.strip().splitlines()
    assert lines, done.stderr
    return json.loads(lines[0]), "\n".join(json.loads(lines[-1])["logged"])


def test_error_is_one_message(tmp_path):
    result, _log = run("xen_domain", name="web\n", config_dir=str(tmp_path))
    assert result["failed"] is True
    assert result["error_id"] == "bad_value"
    assert result["msg"].startswith("name: ")


@pytest.mark.parametrize(
    "arguments",
    [
        {"vncpasswd": SECRET},
        {"vfb": [{"vnc": True, "vncpasswd": SECRET}]},
        {"extra_config": {"spicepasswd": SECRET}},
        {"extra_config": {"vfbs": ["vnc=1,vncpasswd=" + SECRET]}},
    ],
)
def test_secrets_are_neither_logged_nor_returned(tmp_path, arguments):
    """Also not with a task that fails, whose result shows the arguments."""
    result, log = run("xen_domain", name="web", memory="no", config_dir=str(tmp_path), **arguments)
    assert result["failed"] is True
    assert "name=web" in log
    assert SECRET not in log
    assert SECRET not in json.dumps(result)


@pytest.mark.parametrize(
    "arguments",
    [
        {"login": {"user": "root", "password": SECRET}},
        {"responses": [{"prompt": "Password:", "secret": SECRET}, {"prompt": "(", "text": "yes"}]},
    ],
)
def test_secrets_of_a_console_are_neither_logged_nor_returned(arguments):
    result, log = run("xen_console", name="web\n", **arguments)
    assert (result["failed"], result["error_id"]) == (True, "bad_value")
    assert "name=web" in log
    assert SECRET not in log + json.dumps(result)


def test_empty_secret_masks_nothing(tmp_path):
    result, _log = run("xen_domain", name="web", memory="no", vncpasswd="", config_dir=str(tmp_path))
    assert result["msg"].startswith("memory: 'no'")


class Module:
    """Takes the place of an AnsibleModule at its end."""

    def __init__(self):
        self.warned, self.result = [], None

    def warn(self, text):
        self.warned.append(text)

    def exit_json(self, **result):
        self.result = result

    def fail_json(self, **result):
        raise SystemExit(result)


def test_warnings_are_not_part_of_the_result():
    module = Module()
    _xen_module.run(module, lambda: {"changed": True, "warnings": ["mind the gap"]})
    assert (module.result, module.warned) == ({"changed": True}, ["mind the gap"])


def test_details_of_an_error_are_part_of_the_result():
    def work():
        raise XenError("It broke.", error_id="broken", actions_done=["a"])

    with pytest.raises(SystemExit) as caught:
        _xen_module.run(Module(), work)
    assert caught.value.code == {"msg": "It broke.", "error_id": "broken", "actions_done": ["a"]}


class Recorder:
    """Takes what a module tells Ansible."""

    def __init__(self):
        self.warned, self.failed = [], None

    def warn(self, text):
        self.warned.append(text)

    def fail_json(self, **result):
        self.failed = result
        raise SystemExit(1)


def test_what_an_error_warns_of_is_told_as_warnings_and_not_as_a_result():
    """Ansible takes ``warnings`` in a result for a mistake from 2.23 on."""

    def work():
        raise XenError("Two of three failed.", error_id="domains_failed", warnings=["No xl.conf."], domains=[])

    module = Recorder()
    with pytest.raises(SystemExit):
        _xen_module.run(module, work)
    assert module.warned == ["No xl.conf."]
    assert module.failed == {"msg": "Two of three failed.", "error_id": "domains_failed", "domains": []}
