# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Packages as wanted: what is missing by the host's own account, what pkgin would do about it, doing it, looking again.

pkgin is asked only when something is missing, all names in one run, and nothing is removed before what comes in its
place has been downloaded.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import (
    CommandError,
    ConflictError,
    HostError,
    XenError,
)
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile, _command
from ansible_collections.netbsd.xen.plugins.module_utils.packages import _pkgin_journal, _pkgin_repositories, _pkgsrc
from ansible_collections.netbsd.xen.plugins.module_utils.packages._pkgin import Pkgin, cache_age, conflict
from ansible_collections.netbsd.xen.plugins.module_utils.packages._pkgin_output import NOTHING, Preview, again, errors
from ansible_collections.netbsd.xen.plugins.module_utils.packages._pkgin_repositories import Repositories
from ansible_collections.netbsd.xen.plugins.module_utils.packages._pkgsrc import Wanted

PRESENT = "present"
ABSENT = "absent"
LATEST = "latest"
# Package tools first, then the packages: two runs are what pkgin 25.5 asks for, three would be a loop.
_RUNS = 3


class Request(NamedTuple):
    """What a task asks for.

    :param replaces: packages that must go when those of ``names`` come.
    :param dependents: whether packages that need a removed one may go with it.
    """

    names: list[Wanted]
    state: str = PRESENT
    replaces: list[Wanted] = []
    dependents: bool = False


class Local(NamedTuple):
    """What the installed packages leave to do: names for ``pkgin install``, full names for ``pkgin remove``.

    :param repair: full names of packages whose installation was interrupted; they are installed anew.
    """

    install: list[str]
    remove: list[str]
    repair: list[str] = []


class Plan(NamedTuple):
    """
    :param local: arguments for pkgin.
    :param preview: what pkgin would do with them; full names.
    :param bootstrap: where pkg_add has pkgin itself from, when the host has none.
    """

    local: Local
    preview: Preview
    repositories: Repositories
    installed: dict[str, str]
    bootstrap: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.actions)

    @property
    def removed(self) -> list[str]:
        return list(dict.fromkeys([*self.local.remove, *self.preview.remove, *self.preview.superseded]))

    @property
    def actions(self) -> list[str]:
        actions = []
        if self.repositories.changed:
            actions.append(f"write {_pkgin_repositories.PATH}: {' '.join(self.repositories.urls)}")
        if self.bootstrap:
            actions.append(f"install pkgin from {self.bootstrap}")
        actions += [f"remove {name}, whose installation was interrupted" for name in self.local.repair]
        actions += [f"remove {name}" for name in self.removed]
        for verb, names in (
            ("install", self.preview.install),
            ("upgrade to", self.preview.upgrade),
            ("refresh", self.preview.refresh),
        ):
            actions += [f"{verb} {name}" for name in names]
        return actions

    def diff(self) -> list[dict[str, str]]:
        parts = []
        if self.repositories.changed:
            before = self.repositories.before
            parts.append(
                {
                    "before_header": "/dev/null" if before is None else _pkgin_repositories.PATH,
                    "after_header": _pkgin_repositories.PATH,
                    "before": before or "",
                    "after": self.repositories.after or "",
                }
            )
        # those that go, and the versions that others take the place of; then what there is in their stead
        comes = {_pkgsrc.split(full).name: full for full in self.preview.comes}
        before_names = {_pkgsrc.split(full).name: full for full in self.removed}
        before_names.update({name: f"{name}-{self.installed[name]}" for name in comes if name in self.installed})
        if comes or before_names:
            parts.append(
                {
                    "before_header": "packages",
                    "after_header": "packages",
                    "before": "".join(f"{full}\n" for full in sorted(before_names.values())),
                    "after": "".join(f"{full}\n" for full in sorted(comes.values())),
                }
            )
        return parts


def local(request: Request, installed: dict[str, str]) -> Local:
    """What is left to do by the host's own account; pkgin has not been asked yet."""
    if request.state == ABSENT:
        found = [one.version_in(installed) for one in request.names]
        return Local([], [full for full in found if full])
    if request.state == LATEST:
        install = [one.text for one in request.names]
    else:
        install = [one.text for one in request.names if one.version_in(installed) is None]
    goes = [one.version_in(installed) for one in request.replaces]
    return Local(install, [full for full in goes if full])


def repaired(todo: Local, request: Request, installed: dict[str, str], interrupted: Sequence[str]) -> Local:
    """The same with what a run before has begun to install, and perhaps not finished."""
    if request.state == ABSENT:
        return todo
    there = [_pkgsrc.split(full) for full in interrupted]
    half = [package for package in there if installed.get(package.name) == package.version]
    half = [package for package in half if package.full not in todo.remove]
    asked = {one.name_in(installed): one.text for one in request.names}
    install = [*todo.install, *[asked.get(package.name, package.name) for package in half]]
    return todo._replace(install=list(dict.fromkeys(install)), repair=[package.full for package in half])


def plan(request: Request, repositories: Repositories, pkgin: Pkgin) -> Plan:
    """All that the task will do.

    :raises XenError: it cannot be done: no such package, a conflict, others need what is to go. Nothing was changed.
    """
    installed = _pkgsrc.installed()
    todo = repaired(local(request, installed), request, installed, _pkgin_journal.interrupted())
    if _pkgsrc.tool("pkgin") is None and (todo.install or todo.remove or repositories.changed):
        return _plan_without_pkgin(todo, repositories, installed)
    goes = pkgin.preview("remove", todo.remove).remove if todo.remove else []
    _require_only(goes, todo.remove, request.dependents)
    comes = pkgin.preview("install", todo.install) if todo.install else NOTHING
    _require_no_conflict(comes, goes)
    if request.state != LATEST:
        comes = _with_hidden(comes, todo, pkgin)
        _require_coming(comes, todo, installed)
    return Plan(todo, comes._replace(remove=goes), repositories, installed)


def _plan_without_pkgin(todo: Local, repositories: Repositories, installed: dict[str, str]) -> Plan:
    if not repositories.urls:
        raise HostError(
            "This host has no pkgin. Give the URL of its packages in the option repositories, and pkg_add installs "
            "pkgin from there.",
            error_id="no_pkgin",
        )
    source = _pkgin_repositories.expanded(repositories.urls[0])
    warning = "This host has no pkgin yet, so it cannot be told which versions and dependencies will come."
    preview = NOTHING._replace(install=list(todo.install), remove=list(todo.remove))
    return Plan(todo, preview, repositories, installed, source, (warning,) if todo.install else ())


def _require_only(goes: Sequence[str], asked: Sequence[str], dependents: bool) -> None:
    others = [full for full in goes if full not in asked]
    if others and not dependents:
        raise ConflictError(
            f"These packages need what is to be removed, and would go with it: {', '.join(others)}. Name them too, or "
            "set remove_dependents: true. Nothing was changed.",
            error_id="package_needed",
            dependents=others,
        )


def _require_no_conflict(comes: Preview, goes: Sequence[str]) -> None:
    """Since 25.5 pkgin would remove what is in the way by itself; nobody has asked it to."""
    others = [pair for pair in comes.conflicts if pair[1] not in goes]
    told = [old for _new, old in others]
    new = ", ".join(comes.install) or "what is asked for"
    others += [(new, full) for full in comes.remove if full not in goes and full not in told]
    if others:
        raise conflict(others)


def _with_hidden(comes: Preview, todo: Local, pkgin: Pkgin) -> Preview:
    """pkgin shows no list where a conflict keeps it from going on, and nothing where the installed version is newer.
    What is in the way is about to go, so the repository alone counts."""
    hidden = [name for name in todo.install if not any(Wanted(name).is_meant_by(full) for full in comes.comes)]
    if not hidden or not (todo.remove or todo.repair):
        return comes
    available = pkgin.available()
    found = [Wanted(name).version_in(available) for name in hidden]
    return comes._replace(install=[*comes.install, *[full for full in found if full]])


def _require_coming(comes: Preview, todo: Local, installed: dict[str, str]) -> None:
    for name in todo.install:
        if any(Wanted(name).is_meant_by(full) for full in comes.comes):
            continue
        base = Wanted(name).name_in(installed)
        if base in installed:
            raise ConflictError(
                f"{base}-{installed[base]} is installed, and pkgin would not put {name} in its place. Name {base} in "
                "the option replaces, and it is removed first. Nothing was changed.",
                error_id="package_conflict",
                conflicts=[[name, f"{base}-{installed[base]}"]],
            )
        raise HostError(f"pkgin would not install {name}, and does not say why.", error_id="package_refused")


def apply(todo: Plan, request: Request, pkgin: Pkgin, backup: bool = False) -> dict[str, Any]:
    """Carry the plan out.

    :returns: warnings, output, and the versions of the wanted packages.
    :raises XenError: it went wrong; what pkgin and the package tools said is in the details.
    """
    kept = None
    if todo.repositories.changed and todo.repositories.after is not None:
        data = todo.repositories.after.encode("utf-8", "surrogateescape")
        kept = _atomicfile.write(_pkgin_repositories.PATH, data, backup=backup)
    arguments, gone, half = todo.local
    if gone and arguments:
        # nothing goes before what comes in its place is here
        _must(pkgin, "-d", "install", *arguments)
    outputs = []
    if todo.preview.comes:
        _pkgin_journal.begin(todo.preview.comes)
    if half:
        # pkgin itself would take them for installed
        _command.run([_pkgsrc.require_tool("pkg_delete"), "-f", *half], timeout=pkgin.timeout)
    if gone:
        outputs.append(_until_done(pkgin, "remove", *gone))
    if arguments:
        outputs.append(_until_done(pkgin, "install", *arguments))
    after = _pkgsrc.installed()
    command, done, log = outputs[-1] if outputs else ([], _command.Result(0, "", ""), "")
    wrong = _unfulfilled(request, after)
    if wrong:
        raise _failed(pkgin, command, done, log, wrong)
    _pkgin_journal.end()
    return {
        "warnings": _warnings(outputs),
        "stdout": "".join(each.stdout for _command_line, each, _log in outputs),
        "packages": versions(request, after),
        "backup_file": kept,
    }


def bootstrap(source: str, timeout: float | None) -> None:
    """Install pkgin itself with pkg_add(1).

    :raises XenError: pkg_add failed, or left no pkgin.
    """
    command = ["/usr/bin/env", f"PKG_PATH={source}", _pkgsrc.require_tool("pkg_add"), "pkgin"]
    done = _command.run(command, timeout=timeout)
    if _pkgsrc.tool("pkgin") is None:
        raise CommandError(f"pkg_add could not install pkgin from {source}: {done.stderr.strip()}", command, *done)


def refresh(pkgin: Pkgin, valid_seconds: int) -> bool:
    """Fetch the lists of packages when they are older than that; whether it was done."""
    age = cache_age()
    if age is not None and age < valid_seconds:
        return False
    pkgin.update()
    return True


def versions(request: Request, installed: dict[str, str]) -> dict[str, str]:
    """Versions of the wanted packages that are installed, by name."""
    names = [one.name_in(installed) for one in request.names]
    return {name: installed[name] for name in names if name in installed}


def _must(pkgin: Pkgin, *arguments: str) -> None:
    done, log = pkgin.run(*arguments)
    if done.rc:
        raise pkgin.explained(pkgin.command("-y", *arguments), done, log)


def _until_done(pkgin: Pkgin, *arguments: str) -> tuple[list[str], _command.Result, str]:
    for _run in range(_RUNS):
        done, log = pkgin.run(*arguments)
        if not again(done.stdout):
            break
    return pkgin.command("-y", *arguments), done, log


def _unfulfilled(request: Request, installed: dict[str, str]) -> list[str]:
    """What is not as it was asked for, as short sentences."""
    if request.state == ABSENT:
        return [f"{one.text} is still installed" for one in request.names if one.version_in(installed)]
    wrong = [f"{one.text} is still installed" for one in request.replaces if one.version_in(installed)]
    return wrong + [f"{one.text} is not installed" for one in request.names if not one.version_in(installed)]


def _failed(pkgin: Pkgin, command: list[str], done: _command.Result, log: str, wrong: list[str]) -> XenError:
    error = pkgin.explained(command, done, log)
    error.message = f"{'; '.join(wrong)}. {error.message}"
    error.details["unfulfilled"] = wrong
    return error


def _warnings(outputs: Sequence[tuple[list[str], _command.Result, str]]) -> list[str]:
    """All is installed, but something was said that the user should hear: failed scripts, foreign platforms."""
    found = []
    for _command_line, done, log in outputs:
        told = [line for line in log.splitlines() if line.strip() and not line.startswith("---")]
        if done.rc or errors(done.stdout):
            found.append(f"pkgin ended with {done.rc} and errors, though all is as it should be: {' '.join(told)}")
        else:
            found += [line for line in told if "Warning" in line or "warning" in line]
    return list(dict.fromkeys(found))
