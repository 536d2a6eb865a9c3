# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's half of the bridge: what may have cut the connection is confirmed over a new one, and only that."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

ansible_action = pytest.importorskip("ansible.plugins.action")
bridge = pytest.importorskip("ansible_collections.netbsd.xen.plugins.action.bridge")


class Controller:
    """Answers for the module, and writes down what it was asked."""

    def __init__(self, *answers):
        self.answers, self.said = list(answers), []

    def reset(self):
        self.said.append("reset")

    def execute(self, module_args=None, task_vars=None):
        self.said.append(module_args)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def run(monkeypatch):
    def go(*answers):
        controller = Controller(*answers)
        task = SimpleNamespace(args={"name": "bridge0", "rollback": 60}, async_val=0)
        action = bridge.ActionModule(task, controller, None, None, None, None)
        monkeypatch.setattr(ansible_action.ActionBase, "run", lambda self, tmp, task_vars: {})
        monkeypatch.setattr(action, "_execute_module", controller.execute)
        return controller, action

    return go


CONFIRM = {"name": "bridge0", "confirm": True}


def test_a_risky_change_is_confirmed_over_a_new_connection(run):
    controller, action = run({"changed": True, "rollback_armed": True}, {"changed": False})
    assert action.run() == {"changed": True, "rollback_armed": True, "confirmed": True}
    assert controller.said == [None, "reset", CONFIRM]


@pytest.mark.parametrize(
    "result", [{"changed": True, "rollback_armed": False}, {"failed": True, "rollback_armed": True, "msg": "no"}]
)
def test_nothing_else_is(run, result):
    controller, action = run(result)
    assert action.run() == result
    assert controller.said == [None]


def test_too_late_is_a_failure_and_no_change(run):
    _controller, action = run({"changed": True, "rollback_armed": True}, {"failed": True, "msg": "taken back"})
    result = action.run()
    assert (result["failed"], result["changed"], result["msg"]) == (True, False, "taken back")


def test_a_host_that_is_gone_is_unreachable(run):
    _controller, action = run({"changed": True, "rollback_armed": True}, ConnectionError("gone"))
    with pytest.raises(ConnectionError):
        action.run()
