# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pkgin's commands that change what is installed (NetBSDfr/pkgin:actions.c)."""

from __future__ import annotations

import datetime
import os
import shutil
import subprocess
import sys

from .database import writable
from .plan import Plan, Step
from .repositories import Problem, Remote, local_path
from .session import NO_RIGHTS, Session, human, say

TOOLS = "/usr/sbin"


class Changes(Session):
    """install, upgrade, remove, keep, autoremove and clean."""

    def install(self, words: list[str] | None) -> int:
        """install, or (words is None) upgrade."""
        remote = self.store.remote()
        if not remote:
            say("empty available packages list\n")
            return 1
        if not (self.store.writable and writable(self.database.directory)):
            raise Problem(NO_RIGHTS)
        plan = Plan(self.database, remote)
        say("calculating dependencies...")
        if words is None:
            plan.upgrade()
        else:
            plan.request(words)
        say("done.\n")
        for word in plan.unknown:
            sys.stderr.write(f"{word} is not available in the repository\n")
        code = 1 if plan.unknown else 0
        if not plan.steps:
            say("nothing to do.\n")
            return code
        conflicts = plan.conflicts()
        for new, old in conflicts:
            say(f"{new} (to be installed) conflicts with installed package {old}.\n")
        if conflicts and not self.confirm(default=False):
            return code
        self.announce(plan)
        if not self.confirm(default=True):
            return code
        steps = [step for step in plan.steps if self.download(step.package)]
        if len(steps) < len(plan.steps):
            code = 1
        if "-d" in self.options:
            return code
        self.delete(plan.superseded)
        code = self.run_steps(steps) or code
        self.after_change()
        return code

    def announce(self, plan: Plan) -> None:
        say("\n")
        for action in ("refresh", "upgrade", "install"):
            self.announce_names(plan.of(action), action)
        self.announce_names(plan.superseded, "remove (superseded)")
        counts = {action: len(plan.of(action)) for action in ("refresh", "upgrade", "install")}
        say(
            f"{len(plan.superseded)} to remove, {counts['refresh']} to refresh, {counts['upgrade']} to upgrade, "
            f"{counts['install']} to install\n"
        )
        fetched = sum(step.package.file_size for step in plan.steps if not step.package.url.startswith("file:///"))
        used = sum(step.package.size for step in plan.steps)
        say(f"{human(fetched)} to download, {human(used)} of additional disk space will be used\n")
        free = shutil.disk_usage(self.database.path("/usr")).free
        if free < used:
            raise Problem(
                f"/usr/pkg does not have enough space for installation ({human(used)} required but only "
                f"{human(free)} are available)"
            )
        if not self.no:
            say("\n")

    def announce_names(self, names: list[str], what: str) -> None:
        if not names:
            return
        listed = "\n".join(names) if self.no else "  " + " ".join(names)
        count = "1 package" if len(names) == 1 else f"{len(names)} packages"
        say(f"{count} to {what}:\n{listed}\n\n")

    def download(self, package: Remote) -> bool:
        """file:// repositories are linked to, others are copied into the cache."""
        target = self.store.cache / f"{package.full}.tgz"
        if target.is_file() and target.stat().st_size == package.file_size:
            return True
        self.store.cache.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        source = local_path(self.database, package.url)
        if not package.url.startswith("file:///") or not source.is_file():
            sys.stderr.write(f"{package.full} is not available in the repository\n")
            return self.given_up()
        target.symlink_to(source)
        if source.stat().st_size != package.file_size:
            target.unlink()
            sys.stderr.write(f"download error: {package.full} size does not match pkg_summary\n")
            return self.given_up()
        return True

    def given_up(self) -> bool:
        if not self.confirm(default=False):
            sys.exit(1)
        return False

    def run_steps(self, steps: list[Step]) -> int:
        """One pkg_add for each package, its errors in pkg_install-err.log."""
        words = {"install": "installing", "upgrade": "upgrading", "refresh": "refreshing"}
        commands = []
        for number, step in enumerate(steps, 1):
            flags = "-DU" if step.keep else "-ADU"
            flags += "v" if self.verbose else ""
            title = f"[{number}/{len(steps)}] {words[step.action]} {step.package.full}...\n"
            commands.append((title, [f"{TOOLS}/pkg_add", flags, str(self.store.cache / f"{step.package.full}.tgz")]))
        return self.run_tools(commands)

    def delete(self, names: list[str]) -> int:
        commands = []
        for number, name in enumerate(names, 1):
            title = f"[{number}/{len(names)}] removing {name}...\n"
            commands.append((title, [f"{TOOLS}/pkg_delete", "-f", name]))
        return self.run_tools(commands) if commands else 0

    def run_tools(self, commands: list[tuple[str, list[str]]]) -> int:
        failed = 0
        self.store.directory.mkdir(parents=True, exist_ok=True)
        with self.store.log.open("a+") as log:
            start = log.seek(0, os.SEEK_END)
            for title, command in commands:
                say(title)
                if not self.verbose:
                    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                    log.write(f"---{stamp}: {title}")
                    log.flush()
                done = subprocess.run(command, stderr=None if self.verbose else log, check=False)
                failed += done.returncode != 0
            log.seek(start)
            text = log.read()
        if not self.verbose:
            warnings = sum("Warning" in line for line in text.splitlines())
            errors = sum("addition failed" in line or "an't install" in line for line in text.splitlines())
            say(f"pkg_install warnings: {warnings}, errors: {errors}\n")
            if warnings or errors:
                say(f"pkg_install error log can be found in {self.store.log}\n")
        return 1 if failed else 0

    def after_change(self) -> None:
        self.database.rebuild_tree()
        self.look_at_local()

    def remove(self, words: list[str]) -> int:
        if not self.database.names():
            raise Problem("empty local package list.")
        code = 0
        going: list[str] = []
        for word in words:
            name = self.database.find(word)
            if name is None:
                say(f"no such installed package {word}\n")
                code = 1
                continue
            going += [each for each in [*self.database.dependants(name), name] if each not in going]
        if not going:
            say("no packages to delete\n")
            return code
        listed = "\n".join(going) if self.no else "  " + " ".join(going)
        say(f"{len(going)} packages to delete: \n{listed}\n" + ("" if self.no else "\n"))
        if self.confirm(default=True):
            self.require_rights()
            self.delete(going)
            self.after_change()
        return code

    def keep(self, words: list[str], automatic: bool) -> int:
        self.require_rights()
        for word in words:
            name = self.database.find(word)
            if name is None:
                say(f"no such installed package {word}\n")
            elif automatic or self.database.automatic(name):
                say(f"marking {name} as {'auto' if automatic else 'non auto-'}{'-' if automatic else ''}removable\n")
                self.database.set_automatic(name, automatic)
        return 0

    def autoremove(self) -> int:
        going: list[str] = []
        while True:
            more = [
                name
                for name in self.database.names()
                if name not in going
                and self.database.automatic(name)
                and not set(self.database.required_by(name)) - set(going)
            ]
            if not more:
                break
            going += more
        if not going:
            say("no orphan dependencies found.\n")
            return 0
        say(f"{len(going)} packages to be autoremoved:\n  {' '.join(going)}\n" + ("" if self.no else "\n"))
        # "Assumes yes as default answer, except for autoremove" (pkgin.1): -y does not answer here
        self.yes = False
        if self.confirm(default=True):
            self.require_rights()
            self.delete(going)
            self.after_change()
        return 0

    def clean(self) -> int:
        if not self.store.writable:
            raise Problem(NO_RIGHTS)
        shutil.rmtree(self.store.cache, ignore_errors=True)
        self.store.cache.mkdir(parents=True)
        return 0
