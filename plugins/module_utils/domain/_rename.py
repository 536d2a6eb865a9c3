# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Give a domain another name: its config file, the running guest, and what starts it at boot.

The steps come before everything else of a plan, and the old config file goes last. So a task that was killed between
two of them leaves two files that say the same but for the name, which is how the next run knows that there are not two
domains, and goes on.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart
from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core import _plan, _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConflictError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step, command_step
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

OPTION = "renamed_from"


class Rewritten(NamedTuple):
    """A config file under its new name; ``diff`` as in ``_autostart_model.Change``."""

    path: str
    text: str
    diff: tuple[tuple[str, str | None, str | None], ...]


class Renaming(NamedTuple):
    """What is left to do.

    :param config: the config file as it will be; None when the domain has none.
    :param live: the guest runs under its old name still.
    """

    old: str
    new: str
    config: _configfile.ConfigFile | None
    live: bool
    steps: tuple[Step, ...]

    def into(self, plan: _plan.Plan, report: bool) -> _plan.Plan:
        """The plan with these steps before its own; with ``report``, only with the difference."""
        commands = tuple(step.text for step in self.steps if step.command)
        needs = _plan.NEEDS_LIVE if self.live else _plan.NEEDS_CONFIG
        on_disk = self.old if self.config else None
        difference = _plan.Difference("name", self.new, on_disk, self.old if self.live else None, needs, commands)
        steps = plan.steps if report else [*self.steps, *plan.steps]
        return plan._replace(steps=steps, differences=[difference, *plan.differences])


def look(old: str | None, new: str, path: str, view: Any) -> Renaming | None:
    """What has to be done so that the domain ``old`` is called ``new``; None when there is nothing (left) to do.

    :param path: of the config file under the new name.
    :param view: the host (``_hostview.HostView``).
    :raises XenError: there are two domains, or the old one lives in a save file.
    """
    if old is None:
        return None
    _values.domain_name(OPTION, old)
    if old == new:
        raise BadValue(OPTION, old, "it is the name itself.")
    source, target = _source(old, path, view), view.config(path)
    taken = target.exists and target.value("name") != old
    was, now = view.row(old), view.row(new)
    if source is None and was is None:
        return None
    _require_not_saved(old, was)
    text = _configfile.edited(source, [("name", new)], "") if source else None
    twin = taken and source is not None and target.text == text
    same = taken and source is None and was is not None and _same_uuid(target, view.configurations().get(was.domid))
    if (taken and not twin and not same) or (now and (was or not twin)):
        raise ConflictError(
            f"Both {old} and {new} exist, so {old} cannot be called {new}. Remove one of them, or take "
            f"`{OPTION}` out of the task.",
            error_id="name_in_use",
        )
    config = target if taken else _configfile.parse(text, path, view.syntax) if text is not None else None
    steps = _steps(old, new, path, source, None if taken else text, was, view)
    return Renaming(old, new, config, was is not None, tuple(steps))


def _source(old: str, path: str, view: Any) -> _configfile.ConfigFile | None:
    """The config file of the old name: the one at ``path`` itself when it says so."""
    for place in (path, _configfile.locate(old, view.directory, _host.layout().config_suffix)):
        config: _configfile.ConfigFile = view.config(place)
        if config.exists and config.value("name") == old:
            return config
    return None


def _require_not_saved(old: str, was: _listing.Row | None) -> None:
    save_file = os.path.join(_host.SAVE_DIR, f"{old}.save")
    if was is None and os.path.exists(save_file):
        raise XenError(
            f"{old} is saved, and its name is in {save_file}: it would come back under that. Start it first "
            f"(name={old}, state=running), then rename it.",
            error_id="saved",
        )


def _same_uuid(config: _configfile.ConfigFile, libxl: dict[str, Any] | None) -> bool:
    """A config file that was renamed in place, and the guest that was not yet."""
    option = _options.BY_NAME["uuid"]
    wanted = _plan_config.on_disk(config, option)
    return bool(wanted and libxl and option.live(libxl) == wanted)


def _steps(
    old: str,
    new: str,
    path: str,
    source: _configfile.ConfigFile | None,
    text: str | None,
    was: _listing.Row | None,
    view: Any,
) -> list[Step]:
    steps = []
    moved = source is not None and source.path != path
    if text is not None and source is not None:
        before = None if moved else source.text
        gone = ((source.path, source.text, None),) if moved else ()
        data = Rewritten(path, text, ((path, before, text), *gone))
        steps.append(Step("write_renamed", f"write {path}", data=data))
    if was is not None:
        steps.append(command_step("rename_guest", view.commands.rename(old, new)))
    if source is not None:
        steps += [Step(change.kind, change.text, data=change) for change in _at_boot(old, new, source.path, path, view)]
    if moved and source is not None:
        steps.append(Step("remove_config", f"remove {source.path}", data=source.path))
    return steps


def _at_boot(old: str, new: str, old_path: str, path: str, view: Any) -> list[_autostart.Change]:
    """What starts the guest at boot, in the same place of the order."""
    autostart = view.autostart()
    if not autostart.starts(old, old_path):
        return []
    entry = autostart.of(old, old_path)[0]
    delay = autostart.own_delay(entry)
    added = autostart.changes(_autostart.Want(new, path, True, entry.order, delay, instead_of=old_path))
    return [*added, *autostart.changes(_autostart.Want(old, old_path, enabled=False, going=True))]
