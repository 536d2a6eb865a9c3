# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The device nodes and the kernfs of a dom0: what is there, what to do, and whether it then is so."""

from __future__ import annotations

import os
import platform
import stat
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConflictError, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step
from ansible_collections.netbsd.xen.plugins.module_utils.host import _devnodes, _fstab, _hostplan, _systemfile
from ansible_collections.netbsd.xen.plugins.module_utils.host._devnodes import DEV, Found, Node
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostplan import FileChange, HostPlan

KERN = "/kern"
KERNFS = "kernfs"
# as sysinst writes it
FSTAB_LINE = "kernfs\t\t/kern\tkernfs\trw"
MAKEDEV = DEV + "/MAKEDEV"
MOST_VNDS = 1000
# a /dev that init(8) has made in memory, because the one on disk was empty
_IN_MEMORY = ("tmpfs", "mfs")


class Wanted(NamedTuple):
    """What the task asks for.

    :param vnds: number of vnd(4) devices with nodes; 0 asks for none.
    :param recreate: make a node with wrong numbers anew, instead of failing.
    """

    nodes: bool
    vnds: int
    kernfs: bool
    recreate: bool


class Seen(NamedTuple):
    """What is there.

    :param differing: nodes that are not as they must be.
    :param kern: ``directory``, ``missing`` or ``other``.
    """

    differing: list[tuple[Node, Found]]
    makedev: bool
    fstab: str
    mounts: list[_fstab.Mount]
    kern: str


def look(wanted: Wanted) -> Seen:
    """Look at the host.

    :raises HostError: this is no NetBSD.
    """
    if platform.system() != "NetBSD":
        raise HostError(
            f"MAKEDEV and kernfs are NetBSD's, and this host runs {platform.system()}.", error_id="not_netbsd"
        )
    nodes = _devnodes.wanted(wanted.vnds, wanted.nodes)
    return Seen(
        _devnodes.differing(nodes),
        os.path.isfile(MAKEDEV),
        _systemfile.read(_fstab.FSTAB) or "",
        _fstab.mounted(),
        _kind_of(KERN),
    )


def _kind_of(path: str) -> str:
    try:
        return "directory" if stat.S_ISDIR(os.stat(path).st_mode) else "other"
    except FileNotFoundError:
        return "missing"


def plan(wanted: Wanted, seen: Seen) -> HostPlan:
    """What to do.

    :raises BadValue: no such number of vnd devices.
    :raises ConflictError: something else is where a node, or kernfs, must be.
    :raises HostError: there is no MAKEDEV.
    """
    if not 0 <= wanted.vnds <= MOST_VNDS:
        raise BadValue("vnd", wanted.vnds, f"give a number from 0 to {MOST_VNDS}.")
    steps = _node_steps(wanted, seen)
    warnings = []
    if steps and any(mount.file == DEV and mount.type in _IN_MEMORY for mount in seen.mounts):
        warnings.append(f"{DEV} is in memory on this host: the new nodes are gone after the next boot.")
    if wanted.kernfs:
        steps += _kernfs_steps(seen)
    before, after = _described(seen.differing)
    if wanted.kernfs and not _is_mounted(seen):
        before.append(f"{KERN}: not mounted")
        after.append(f"{KERN}: mounted")
    return HostPlan(steps, "devices", before, after, tuple(warnings))


def _described(differing: list[tuple[Node, Found]]) -> tuple[list[str], list[str]]:
    """The nodes before and after; a vnd that has none of its many takes one line."""
    before, after = [], []
    for target in _devnodes.targets(differing):
        mine = [(node, found) for node, found in differing if node.target == target]
        if len(mine) > 3 and all(found.kind == "missing" for _node, found in mine):
            before.append(f"{target}: {len(mine)} nodes missing")
            after.append(f"{target}: {len(mine)} nodes made")
        else:
            before += [f"{node.path}: {found.describe()}" for node, found in mine]
            after += [f"{node.path}: {node.describe()}" for node, _found in mine]
    return before, after


def _node_steps(wanted: Wanted, seen: Seen) -> list[Step]:
    if not seen.differing:
        return []
    if not seen.makedev:
        raise HostError(f"{MAKEDEV} is missing. It is in the set `etc` of the NetBSD release.", error_id="no_makedev")
    wrong = [(node, found) for node, found in seen.differing if found.kind != "missing"]
    _check_wrong(wrong, wanted.recreate)
    steps = []
    if wrong:
        steps.append(_hostplan.command("/bin/rm", "-f", *[node.path for node, _found in wrong]))
    targets = _devnodes.targets(seen.differing)
    text = f"cd {DEV} && sh MAKEDEV {' '.join(targets)}"
    script = f'cd {DEV} && exec /bin/sh ./MAKEDEV "$@"'
    return [*steps, _hostplan.command("/bin/sh", "-c", script, "MAKEDEV", *targets, text=text)]


def _check_wrong(wrong: list[tuple[Node, Found]], recreate: bool) -> None:
    no_nodes = [node.path for node, found in wrong if found.kind == "other"]
    if no_nodes:
        raise ConflictError(
            f"{', '.join(no_nodes)}: there is something that is no device node. Nothing was changed; remove it.",
            error_id="wrong_node",
        )
    if wrong and not recreate:
        told = "; ".join(f"{node.path} is {found.describe()} and must be {node.describe()}" for node, found in wrong)
        raise ConflictError(
            f"{told}. Nothing was changed. Set `recreate: true` to make these nodes anew.", error_id="wrong_node"
        )


def _kernfs_steps(seen: Seen) -> list[Step]:
    if seen.kern == "other":
        raise ConflictError(f"{KERN} is no directory, so nothing can be mounted there.", error_id="kern_in_the_way")
    at_kern = [mount for mount in seen.mounts if mount.file == KERN]
    if at_kern and at_kern[-1].type != KERNFS:
        raise ConflictError(f"{KERN} has a {at_kern[-1].type} on it. Unmount it first.", error_id="kern_in_the_way")
    steps = []
    if seen.kern == "missing":
        steps.append(_hostplan.command("/bin/mkdir", "-m", "755", KERN))
    steps += _hostplan.file_steps(FileChange(_fstab.FSTAB, seen.fstab or None, _fstab_with_kernfs(seen.fstab)))
    if not at_kern:
        steps.append(_hostplan.command(_fstab.MOUNT, KERN))
    return steps


def _fstab_with_kernfs(text: str) -> str:
    entries = _fstab.parse(text)
    other = next((each for each in entries if each.file.rstrip("/") == KERN and each.type != KERNFS), None)
    if other:
        raise ConflictError(
            f"{_fstab.FSTAB}, line {other.number}: mounts a {other.type} on {KERN}. Remove that line first.",
            error_id="kern_in_the_way",
        )
    entry = _fstab.find(entries, KERN, KERNFS)
    if entry is None:
        return _fstab.with_line(text, FSTAB_LINE)
    return _fstab.without_options(text, entry, ("noauto",)) if "noauto" in entry.options else text


def _is_mounted(seen: Seen) -> bool:
    return any(mount.file == KERN and mount.type == KERNFS for mount in seen.mounts)


def make(wanted: Wanted, check: bool, backup: bool) -> dict[str, object]:
    """The whole task: look, plan, do, look again.

    :raises HostError: the host is not as planned afterwards, or we are not root.
    """
    seen = look(wanted)
    todo = plan(wanted, seen)
    kept: list[str] = []
    if todo.changed and not check:
        _require_root()
        kept = _hostplan.apply(todo, backup)
        seen = look(wanted)
        left = plan(wanted._replace(recreate=True), seen)
        if left.changed:
            raise HostError(
                f"After {'; '.join(todo.actions)} there is still to do: {'; '.join(left.actions)}. "
                f"See the messages of MAKEDEV and mount on this host.",
                error_id="not_as_planned",
                actions=todo.actions,
            )
    return {
        "changed": todo.changed,
        "actions": todo.actions,
        "diff": todo.diff(),
        "warnings": list(todo.warnings),
        "backup_files": kept,
        "vnd_units": _devnodes.vnd_units(),
        "kernfs_mounted": _is_mounted(seen),
    }


def _require_root() -> None:
    if os.geteuid() != 0:
        raise HostError(
            "Only root can make device nodes and mount. Connect as root, or set `become: true`.", error_id="not_root"
        )
