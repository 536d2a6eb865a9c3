# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The devices that a boot entry hides, and the plan for another set of them: pure, on top of ``_boot_plan``."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot_model, _bootcfg, _menulst_check, _pciback
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot import Document
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import XEN, Entry, size
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_plan import BootPlan, Wanted, plan
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_rules import Surroundings
from ansible_collections.netbsd.xen.plugins.module_utils.boot._bootcfg import BootCfg
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError

EXACT, APPEND = "exact", "append"


class Line(NamedTuple):
    """What one entry hides.

    :param devices: canonical BDFs that guests can be given after it was booted.
    :param room: how many devices its line can hold, these among them.
    :param next: whether it is booted next.
    """

    entry: str
    number: int
    devices: tuple[str, ...]
    room: int
    next: bool

    def as_dict(self) -> dict[str, Any]:
        """The line as a return value."""
        return {**self._asdict(), "devices": list(self.devices)}


def lines(document: Document) -> list[Line]:
    """The entries that boot Xen, in the order of the menu."""
    return [
        Line(entry.text, entry.number, hidden_by(entry), room(document, entry), entry.number == document.default)
        for entry in document.entries
        if entry.kind == XEN
    ]


def hidden_by(entry: Entry) -> tuple[str, ...]:
    """The devices that guests can be given after this entry was booted."""
    value = _pciback.value_of(entry.kernel.args) if entry.kernel else None
    return _pciback.judge(value).assignable if value else ()


def room(document: Document, entry: Entry) -> int:
    """How many devices fit: the kernel's buffer holds seven, and the loader's command may hold fewer.

    boot.cfg: the command ``load FILE ARGUMENTS``; GRUB has room for more than the kernel, which keeps 255 characters.
    """
    if entry.kernel is None:
        return 0
    rest = [word for word in entry.kernel.args if not word.lower().startswith(_pciback.KEY + "=")]
    words = " ".join([entry.kernel.file, *rest, _pciback.KEY + "="])
    if isinstance(document, BootCfg):
        free = _bootcfg.COMMAND_LIMIT - size("load " + words)
    else:
        free = _menulst_check.KERNEL_LIMIT - size(words)
    return max(0, min(_pciback.MOST, free // _pciback.DEVICE_LENGTH))


def chosen(document: Document, names: Sequence[str] | None) -> list[Entry]:
    """The entries that a task is about: those it names, else the one that is booted next.

    :raises XenError: there is none of that name (``entry_missing``), two of them (``ambiguous_entry``), or it boots no
        Xen (``not_xen``).
    """
    known = ", ".join(repr(entry.text) for entry in document.entries if entry.kind == XEN) or "none"
    if names is None:
        following = _boot_model.at(document.entries, document.default)
        if following is None or following.kind != XEN:
            what = f"{following.text!r}, which boots no Xen" if following else "none"
            raise XenError(
                f"{document.path}: the entry that is booted next is {what}. Name the entries to manage with `entries` "
                f"(entries with Xen: {known}), or make one of them the default (netbsd.xen.boot_entry).",
                error_id="not_xen",
            )
        return [following]
    return [_named(document, name, known) for name in names]


def _named(document: Document, name: str, known: str) -> Entry:
    found = _boot_model.named(document.entries, name)
    if not found:
        raise XenError(
            f"{document.path} has no entry {name!r}. Entries with Xen: {known}. Write it with netbsd.xen.boot_entry "
            "or the role xen_boot first.",
            error_id="entry_missing",
        )
    if len(found) > 1:
        raise XenError(
            f"{document.path} has {len(found)} entries {name!r}. Rename or remove one of them.",
            error_id="ambiguous_entry",
        )
    if found[0].kind != XEN:
        raise XenError(
            f"{document.path}: entry {name!r} boots no Xen, so nothing can be hidden there. Entries with Xen: {known}.",
            error_id="not_xen",
        )
    return found[0]


def wanted_of(entry: Entry, devices: Sequence[str], policy: str) -> list[str]:
    """The devices that an entry shall hide; those that it hides already keep their order.

    :param devices: canonical BDFs.
    """
    value = (_pciback.value_of(entry.kernel.args) if entry.kernel else None) or ""
    now = [bdf for bdf in _pciback.judge(value).claimed if _pciback.possible(bdf)]
    kept = [bdf for bdf in now if policy == APPEND or bdf in devices]
    return kept + [bdf for bdf in sorted(set(devices)) if bdf not in kept]


def plan_all(
    document: Document,
    entries: Sequence[Entry],
    devices: Sequence[str],
    policy: str,
    host: Surroundings,
    forgive: bool = False,
) -> BootPlan | None:
    """One plan for all entries; None when nothing is to do.

    :raises XenError: they do not fit (``too_many_devices``), or the menu would not boot (``would_not_boot``).
    """
    before = document.text
    actions: list[str] = []
    warnings: list[str] = []
    last = None
    for entry in entries:
        wanted = wanted_of(entry, devices, policy)
        if _is_so(entry, wanted):
            continue
        _require_room(document, entry, wanted)
        kernel = {"pciback_hide": wanted}
        last = plan(document, True, Wanted(entry.text.strip(), kernel_args=kernel, keep_previous=False), host, forgive)
        document = last.document
        actions.append(f"hide {' '.join(map(_pciback.short, wanted)) or 'nothing'} in boot entry {entry.text!r}")
        # what else the machinery did, such as keeping an entry without Xen
        actions += [action for action in last.actions if not action.startswith("change entry")]
        warnings += [warning for warning in last.warnings if warning not in warnings]
    return last._replace(before=before, actions=actions, warnings=tuple(warnings)) if last else None


def _is_so(entry: Entry, wanted: Sequence[str]) -> bool:
    """Whether the entry hides just these, and the kernel has nothing to complain of."""
    value = _pciback.value_of(entry.kernel.args) if entry.kernel else None
    return set(hidden_by(entry)) == set(wanted) and (value is None or _pciback.judge(value).sound)


def _require_room(document: Document, entry: Entry, wanted: Sequence[str]) -> None:
    fits = room(document, entry)
    if len(wanted) <= fits:
        return
    if fits == _pciback.MOST:
        why = f"the kernel keeps {_pciback.LIMIT} characters of the list"
    elif isinstance(document, BootCfg):
        why = (
            f"the loader's command `load` may have {_bootcfg.COMMAND_LIMIT} characters; a shorter name of the kernel, "
            "or fewer arguments, make room"
        )
    else:
        why = f"the kernel keeps {_menulst_check.KERNEL_LIMIT} characters of its command line"
    raise XenError(
        f"devices: entry {entry.text!r} has room for {fits} of the {len(wanted)} devices: {why}. Nothing was changed.",
        error_id="too_many_devices",
        room=fits,
    )
