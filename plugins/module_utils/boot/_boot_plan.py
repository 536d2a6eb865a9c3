# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a task does to a boot menu: a pure function from the menu as it is and the entry as it shall be to a plan.

The plan holds the new text of the file. A text that would not boot as asked is never planned: ``plan()`` refuses it.
"""

from __future__ import annotations

import re
from typing import Any, Mapping, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot, _boot_args, _boot_model, _pciback
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot import Document
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_args import Console
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_edit import Editor
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import ERROR, NATIVE, Entry, Image, Problem
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_rules import Surroundings
from ansible_collections.netbsd.xen.plugins.module_utils.boot._bootcfg import BootCfg, fits
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _systemfile

PREVIOUS = " (previous)"


class Wanted(NamedTuple):
    """The options of the task. None: leave it as it is.

    :param hypervisor: a file; empty: an entry without Xen.
    :param exact_args: words that no option names are removed, but for ``pciback.hide``.
    :param kept: files with the content that the hypervisor's and the kernel's file had before (``boot_file`` keeps
        them); None for one that does not exist.
    :param native: name and kernel of the entry without Xen that is made when there is none.
    """

    name: str
    state: str = "present"
    hypervisor: str | None = None
    kernel: str | None = None
    xen_args: Mapping[str, Any] = {}
    kernel_args: Mapping[str, Any] = {}
    console: Console | None = None
    exact_args: bool = False
    position: int | None = None
    default: bool | None = None
    timeout: int | None = None
    native: tuple[str, str] = ("NetBSD", "/netbsd")
    keep_previous: bool = True
    strict: bool = False
    kept: tuple[str | None, str | None] = (None, None)


class BootPlan(NamedTuple):
    """
    :param before: the text of the file; None when there is none.
    :param entry: the entry after the task; None when it is absent.
    :param warnings: sentences for the user.
    """

    path: str
    before: str | None
    after: str | None
    actions: list[str]
    document: Document
    entry: Entry | None
    warnings: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return self.before != self.after

    def diff(self) -> list[dict[str, str]]:
        if not self.changed:
            return []
        return [
            {
                "before_header": self.path if self.before is not None else "/dev/null",
                "after_header": self.path,
                "before": self.before or "",
                "after": self.after or "",
            }
        ]


def plan(document: Document, exists: bool, wanted: Wanted, host: Surroundings, forgive: bool = False) -> BootPlan:
    """
    :param document: the file as it is; an empty one when ``exists`` is false.
    :param forgive: files that are missing are only warned of. For check mode: a task before this one may bring them.
    :raises BadValue: an option that cannot be.
    :raises XenError: the result would not boot (``would_not_boot``), there is no room (``menu_full``), or the task
        would take the last way back in (``last_native_entry``).
    """
    _validate(document, wanted)
    before = _boot.problems(document, host)
    editor = Editor(document)
    if wanted.state == "absent":
        number = _remove(editor, wanted, host)
    else:
        number = _put(editor, wanted, host)
        editor.meant = _default(editor, wanted, number)
        _offer_kept(editor, wanted, number)
    editor.settle(wanted.timeout, chosen=wanted.default is not None)
    after = editor.document
    entry = _boot_model.at(after.entries, number)
    if entry and entry.text != wanted.name:
        raise BadValue("name", wanted.name, f"the boot loader would read {entry.text!r}. Take a shorter, plainer one.")
    warnings = _judge(after, entry, wanted, before, _boot.problems(after, host), forgive)
    text = after.text if exists or after.text else None
    return BootPlan(document.path, document.text if exists else None, text, editor.actions, after, entry, warnings)


def _validate(document: Document, wanted: Wanted) -> None:
    if "\0" in document.text:
        raise XenError(f"{document.path} holds a NUL byte: this is no boot menu.", error_id="not_a_menu")
    for option, name in (("name", wanted.name), ("native.name", wanted.native[0])):
        if not name.strip() or name != name.strip():
            raise BadValue(option, name, "give a text without blanks around it.")
        if any(character in name for character in ":#\n\r\\\0"):
            raise BadValue(option, name, "the boot loader cuts a name at : and #. Leave them out.")
        _systemfile.require_text(option, name)
    for option, file in (
        ("hypervisor", wanted.hypervisor),
        ("kernel", wanted.kernel),
        ("native.kernel", wanted.native[1]),
    ):
        if file:
            _boot_args.word(option, file)
            if not (file.startswith(("/", "(")) or ":/" in file):
                raise BadValue(option, file, "give a path on the root file system, beginning with /.")
    if wanted.position is not None and wanted.position < 1:
        raise BadValue("position", wanted.position, "the first entry has number 1.")
    if wanted.timeout is not None and wanted.timeout < 0:
        raise BadValue("timeout", wanted.timeout, "give seconds, or 0 to boot at once.")
    _boot_args.validate(wanted.xen_args, wanted.kernel_args, wanted.console)


# -- the entry


def _put(editor: Editor, wanted: Wanted, host: Surroundings) -> int:
    """Make the entry what it shall be; returns its number."""
    old = editor.named(wanted.name)
    hypervisor, kernel = _images(editor, old, wanted)
    _keep_native(editor, wanted, host, adding=hypervisor is None)
    old = editor.named(wanted.name)
    if old is None:
        return editor.add(wanted.position, wanted.name, hypervisor, kernel)
    number = old.number
    if not (_same(old.hypervisor, hypervisor) and _same(old.kernel, kernel)):
        if wanted.keep_previous:
            _keep_old(editor, old, hypervisor, kernel, host)
        editor.change(number, wanted.name, hypervisor, kernel)
    return editor.move(number, wanted.position) if wanted.position else number


def _images(editor: Editor, old: Entry | None, wanted: Wanted) -> tuple[Image | None, Image]:
    file = (old.hypervisor.file if old and old.hypervisor else "") if wanted.hypervisor is None else wanted.hypervisor
    kernel_file = wanted.kernel or (old.kernel.file if old and old.kernel else None)
    if kernel_file is None:
        raise BadValue("kernel", wanted.kernel, f"there is no entry {wanted.name!r} yet: say which kernel it boots.")
    old_xen = old.hypervisor if old else None
    # the words of a dom0 kernel are not those of a native one
    old_kernel = old.kernel if old and bool(file) == bool(old.hypervisor) else None
    hypervisor = None
    if file:
        words = _boot_args.xen_args(_current(old_xen, wanted), wanted.xen_args, wanted.console)
        hypervisor = Image(_placed(file, old_xen), words)
    kept = _current(old_kernel, wanted)
    words = _boot_args.kernel_args(kept, wanted.kernel_args, wanted.console, xen=bool(file))
    words = _with_hidden(words, old_kernel, wanted)
    return hypervisor, Image(_placed(kernel_file, old.kernel if old else None), words)


def _current(image: Image | None, wanted: Wanted) -> Sequence[str]:
    return () if image is None or wanted.exact_args else image.args


def _with_hidden(words: tuple[str, ...], old: Image | None, wanted: Wanted) -> tuple[str, ...]:
    """Which devices an entry hides is xen_pciback's, and stays also where all other words are the task's."""
    if old is None or wanted.kernel_args.get("pciback_hide") is not None or _pciback.value_of(words) is not None:
        return words
    value = _pciback.value_of(old.args)
    return (*words, f"{_pciback.KEY}={value}") if value is not None else words


def _placed(file: str, old: Image | None) -> str:
    """A file with the device that the entry names now, unless the task names one."""
    if old is None or not file.startswith("/"):
        return file
    return old.file if _path(old.file) == file else _device(old.file) + file


def _device(file: str) -> str:
    match = re.match(r"\([^)]*\)|[^/:]+:", file)
    return match.group(0) if match else ""


def _path(file: str) -> str:
    """``netbsd`` and ``/netbsd`` are the same to the loader."""
    path = file[len(_device(file)) :]
    return path if path.startswith("/") else "/" + path


def _same(old: Image | None, new: Image | None) -> bool:
    if old is None or new is None:
        return old is new
    return _same_file(old, new) and old.args == new.args


def _same_file(old: Image | None, new: Image | None) -> bool:
    if old is None or new is None:
        return old is new
    return _path(old.file) == _path(new.file) and (not _device(new.file) or _device(old.file) == _device(new.file))


def _keep_old(editor: Editor, old: Entry, hypervisor: Image | None, kernel: Image, host: Surroundings) -> None:
    """Keep what booted until now as an entry of its own, when other files take its place and its own still exist."""
    if old.kernel is None or (_same_file(old.hypervisor, hypervisor) and _same_file(old.kernel, kernel)):
        return
    if not _bootable(editor.document, old, host):
        return
    name = old.text.strip() + PREVIOUS
    before = editor.named(name)
    if before is None:
        editor.add(old.number + 1, name, old.hypervisor, old.kernel)
    elif not (_same(before.hypervisor, old.hypervisor) and _same(before.kernel, old.kernel)):
        editor.change(before.number, name, old.hypervisor, old.kernel)


def _offer_kept(editor: Editor, wanted: Wanted, number: int) -> None:
    """Have an entry that boots the content that the two files had before."""
    entry = editor.entries[number - 1]
    hypervisor_file, kernel_file = wanted.kept
    if entry.hypervisor is None or entry.kernel is None or not (hypervisor_file or kernel_file):
        return
    hypervisor = entry.hypervisor._replace(file=_placed(hypervisor_file or entry.hypervisor.file, entry.hypervisor))
    kernel = entry.kernel._replace(file=_placed(kernel_file or entry.kernel.file, entry.kernel))
    if isinstance(editor.document, BootCfg) and not fits(hypervisor, kernel):
        # the names of kept files are longer; without this, dom0 still boots
        hypervisor = hypervisor._replace(args=tuple(word for word in hypervisor.args if word != "dom0_vcpus_pin"))
        if not fits(hypervisor, kernel):
            return
    name = wanted.name + PREVIOUS
    old = editor.named(name)
    if old is None:
        editor.add(number + 1, name, hypervisor, kernel)
    elif not (_same(old.hypervisor, hypervisor) and _same(old.kernel, kernel)):
        editor.change(old.number, name, hypervisor, kernel)


def _bootable(document: Document, entry: Entry, host: Surroundings) -> bool:
    """Whether all files of the entry are there, as far as anybody can tell."""
    for image in (entry.hypervisor, entry.kernel):
        path = _boot.root_path(document, entry, image.file) if image else None
        if path and host.exists and not host.exists(path):
            return False
    return True


def _remove(editor: Editor, wanted: Wanted, host: Surroundings) -> int | None:
    """Remove the entry. The default, when it was that, becomes an entry without Xen."""
    old = editor.named(wanted.name)
    if old is None:
        return None
    others = [entry for entry in _natives(editor, host) if entry.number != old.number]
    if old.kind == NATIVE and not others:
        raise XenError(
            f"{editor.document.path}: {wanted.name!r} is the last entry that boots NetBSD without Xen. It lets you in "
            "when Xen does not boot. Make another one first.",
            error_id="last_native_entry",
        )
    if not others:
        _keep_native(editor, wanted, host)
        others = [entry for entry in _natives(editor, host) if entry.number != old.number]
    was_default = editor.meant == old.number
    editor.remove(old.number)
    if was_default:
        first = others[0].number if others else 1
        editor.meant = first - 1 if first > old.number else first
    return None


# -- the way back in


def _natives(editor: Editor, host: Surroundings) -> list[Entry]:
    """The entries that boot NetBSD without Xen, as far as anybody can tell."""
    broken = {item.entry for item in _boot.problems(editor.document, host) if item.severity == ERROR}
    return [entry for entry in editor.entries if entry.kind == NATIVE and entry.number not in broken]


def _keep_native(editor: Editor, wanted: Wanted, host: Surroundings, adding: bool = False) -> None:
    """Have an entry without Xen.

    :param adding: the task is about to make one itself.
    """
    mine = editor.named(wanted.name)
    if adding or any(mine is None or entry.number != mine.number for entry in _natives(editor, host)):
        return
    name, kernel = wanted.native
    while editor.named(name) or name == wanted.name:
        name += " (native)"
    editor.add(None, name, None, Image(kernel))


def _default(editor: Editor, wanted: Wanted, number: int) -> int | None:
    """The entry that shall be booted by itself."""
    if wanted.default:
        return number
    if wanted.default is False and editor.meant == number:
        natives = [entry.number for entry in editor.entries if entry.kind == NATIVE and entry.number != number]
        return natives[0] if natives else number
    if editor.meant is None:
        # without a menu the loader boots /netbsd; a new menu goes on with that until somebody says otherwise
        natives = [entry.number for entry in editor.entries if entry.kind == NATIVE]
        return natives[0] if natives else number
    return editor.meant


# -- the verdict


def _judge(
    after: Document, entry: Entry | None, wanted: Wanted, before: list[Problem], found: list[Problem], forgive: bool
) -> tuple[str, ...]:
    """Refuse a file that would not boot; what may stay is told as warnings."""
    # the entry itself, and the one that is booted by itself; of the others, what was there before is not ours to judge
    mine = {entry.number if entry else None, after.default}
    known = {(item.id, item.what) for item in before}
    refused, told = [], []
    for item in found:
        ours = item.entry is None or item.entry in mine
        not_yet = forgive and item.id == "missing_file"
        not_ours = (item.id, item.what) in known and (wanted.state == "absent" or not (ours or wanted.strict))
        if item.severity != ERROR:
            told += [item] if ours else []
        elif not_yet or not_ours:
            told.append(item)
        else:
            refused.append(item)
    if refused:
        raise XenError(
            "The boot menu is not written, since it would not boot as asked. "
            + " ".join(item.sentence(after.path) for item in refused),
            error_id="would_not_boot",
            problems=[item.as_dict() for item in refused],
        )
    return tuple(item.sentence(after.path) for item in told)
