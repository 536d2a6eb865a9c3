# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's half of netbsd.xen.bridge: a change that may have cut the connection is confirmed over a new one.

When the host cannot be reached any more, this task fails as unreachable, nobody confirms, and the host takes the change
back by itself.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        result.update(self._execute_module(task_vars=task_vars))
        if result.get("failed") or not result.get("rollback_armed"):
            return result
        # an old connection proves less than one that is made now
        self._connection.reset()
        arguments = {"name": self._task.args["name"], "confirm": True}
        confirmed = self._execute_module(module_args=arguments, task_vars=task_vars)
        if confirmed.get("failed"):
            return {**result, "failed": True, "changed": False, "msg": confirmed.get("msg", "Not confirmed.")}
        result["confirmed"] = True
        return result
