# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Before anything else: what a task that was killed between `xl save` or `xl restore` and its next step has left.

====================  ==============================================  ==========================================
what lies there       with a guest                                    without a guest
====================  ==============================================  ==========================================
``.save.restoring``   removed: the guest has run from it              a save again, when that is certain; else an
                                                                      error that says what to look at
``.save.partial``     left: the next save writes over it              likewise
====================  ==============================================  ==========================================
"""

from __future__ import annotations

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step, command_step
from ansible_collections.netbsd.xen.plugins.module_utils.domain._plan_lifecycle import Request, Situation
from ansible_collections.netbsd.xen.plugins.module_utils.domain._unfinished import Unfinished

# What does not go near the guest's memory
_INDIFFERENT = ("present", "stopped")


def recover(request: Request, situation: Situation, commands: Any) -> tuple[Situation, list[Step]]:
    """The situation after the steps that come first, and these steps.

    :raises XenError: only a person can tell what the file is.
    """
    unfinished, guest = situation.unfinished, situation.guest
    if unfinished.moving and not guest and request.state not in _INDIFFERENT:
        raise XenError(
            f"{request.wish.name} does not run here, and there is {unfinished.moving}: it was on its way to another "
            "host, where it may be running. Let xen_domain_command with command=migrate go on with that; or, when it "
            "surely does not run there, remove the file to start it afresh here.",
            error_id="interrupted_migration",
        )
    if unfinished.path is None or request.state in _INDIFFERENT:
        return situation, []
    if guest and unfinished.restore and guest.config is None:
        return _half_restored(request, situation, commands)
    if guest:
        return situation, [_remove(unfinished.restore)] if unfinished.restore else []
    if situation.saved:
        # saved once more since, by somebody who did not look
        return situation, [_aside(unfinished.restore)] if unfinished.restore else []
    if not unfinished.certain:
        raise _uncertain(request, unfinished)
    recovered = situation._replace(saved=True, saved_config=unfinished.config, unfinished=Unfinished())
    text = f"rename {unfinished.path} to {situation.save_file}"
    return recovered, [Step("recover_save", text, data=(unfinished.path, situation.save_file))]


def _half_restored(request: Request, situation: Situation, commands: Any) -> tuple[Situation, list[Step]]:
    """libxl keeps a domain's configuration once it is complete: this one never was, and its memory is in the file."""
    name, path = request.wish.name, situation.unfinished.restore
    if not request.force:
        raise XenError(
            f"{name} is there, but restoring it from {path} was interrupted, and what is there is not complete. See "
            f"that no `xl restore` is at it any more; then `force: true` destroys it and restores {name} again.",
            error_id="interrupted_restore",
        )
    gone = situation._replace(guest=None)
    after, steps = recover(request, gone, commands)
    return after, [command_step("destroy", commands.destroy(name)), *steps]


def _uncertain(request: Request, unfinished: Unfinished) -> XenError:
    what, error_id = ("restoring", "interrupted_restore") if unfinished.restore else ("saving", "interrupted_save")
    path = unfinished.path
    return XenError(
        f"{request.wish.name} does not run, and there is {path}: {what} it was interrupted, and it cannot be told "
        "whether the guest has run, and written to its disks, since. "
        f"If it has not, and `xl restore {path}` brings it back, remove that file then; else remove it to start the "
        "guest afresh.",
        error_id=error_id,
    )


def _remove(path: str) -> Step:
    return Step("remove_save", f"remove {path}", data=path)


def _aside(path: str) -> Step:
    return Step("rename", f"rename {path} to {path}.stale", data=(path, f"{path}.stale"))
