# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What every module of the collection does around its own work: masking, catching, ending."""

from __future__ import annotations

from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._secrets import secrets_in, spellings

# What a user may choose; what each of them is, knows _toolstack, which modules of the host have no need to load.
TOOLSTACKS = ("auto", "xl", "xm")


class XenModule(AnsibleModule):
    """An AnsibleModule that knows the secrets inside free-form options, too (``extra_config``, device strings)."""

    def _log_invocation(self) -> None:
        """Called before anything is logged: what is in no_log_values is masked in the syslog and in the result."""
        secrets = self.no_log_values | secrets_in(self.params)
        self.no_log_values.update(word for secret in secrets for word in spellings(str(secret)))
        super()._log_invocation()


def common_spec() -> dict[str, dict[str, Any]]:
    """Options of the doc fragment netbsd.xen.xen."""
    return {
        "toolstack": {"type": "str", "choices": list(TOOLSTACKS), "default": "auto"},
        "config_dir": {"type": "path"},
    }


def run(module: AnsibleModule, work: Callable[[], dict[str, Any]]) -> None:
    """Do the work and end the module with its result, or with the message and details of the error."""
    try:
        result = work()
    except XenError as error:
        module.fail_json(msg=error.message, **_warned(module, error.details))
    except OSError as error:
        # what no step was prepared for: a disk that is full, read-only or damaged
        module.fail_json(msg=f"The system refuses what has to be done: {error}.", error_id="os_error")
    module.exit_json(**_warned(module, result))


def _warned(module: AnsibleModule, result: dict[str, Any]) -> dict[str, Any]:
    """The result without its warnings, which Ansible wants to be told by themselves."""
    for warning in result.get("warnings", []):
        module.warn(warning)
    return {key: value for key, value in result.items() if key != "warnings"}
