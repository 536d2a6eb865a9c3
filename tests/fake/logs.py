# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logs that a host keeps of its guests: what xl noted of their lives, and what they said on their consoles.

Only when the host has a ``log_dir``: most tests do not look at logs, and need none lying about.
"""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netbsd.xen.tests.fake.state import State

Json = dict[str, Any]
_PID = 1413
CODES = {"poweroff": 0, "reboot": 1, "suspend": 2, "crash": 3}


def created(state: State, domain: Json, boots: bool = True) -> None:
    """A new xl process begins a new log. A guest that was restored does not boot, and says nothing."""
    if state.host["log_dir"]:
        path = _xl_log(state, domain)
        if os.path.exists(path):
            os.replace(path, path + ".1")
        began(state, domain, boots)


def began(state: State, domain: Json, boots: bool = True) -> None:
    """A life begins; the guest says what it says."""
    _note(state, domain, f"Waiting for domain {domain['name']} (domid {domain['domid']}) to die [pid {_PID}]")
    if boots:
        say(state, domain["name"], state.guest(domain["name"])["console"])


def ended(state: State, domain: Json, reason: str, action: str) -> None:
    """xl has seen its domain end, and does what it was told to do then."""
    number, code = domain["domid"], CODES[reason]
    _note(state, domain, f"Domain {number} has shut down, reason code {code} {code:#x}")
    _note(state, domain, f"Action for shutdown reason code {code} is {action.replace('_', '-')}")
    if action in ("destroy", "restart"):
        _note(state, domain, f"Domain {number} needs to be cleaned up: destroying the domain")
    again = action.endswith("restart") or action == "soft_reset"
    _note(state, domain, "Done. Rebooting now" if again else "Done. Exiting now")


def destroyed(state: State, domain: Json) -> None:
    """Somebody else has ended it; xl sees it go, and leaves it at that."""
    if domain["name"] is not None and not domain["shutdown_reason"]:
        _note(state, domain, f"Domain {domain['domid']} has been destroyed.")


def say(state: State, name: str, text: str) -> None:
    """The guest writes on its console."""
    if state.host["log_dir"] and text:
        folder = os.path.join(state.host["log_dir"], "console")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"guest-{name}.log"), "a", encoding="utf-8") as stream:
            stream.write(text)


def _note(state: State, domain: Json, line: str) -> None:
    if state.host["log_dir"]:
        with open(_xl_log(state, domain), "a", encoding="utf-8") as stream:
            stream.write(line + "\n")


def _xl_log(state: State, domain: Json) -> str:
    return os.path.join(state.host["log_dir"], f"xl-{domain['name']}.log")
