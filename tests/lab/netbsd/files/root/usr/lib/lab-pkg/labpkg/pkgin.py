# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pkgin 26.4: command line, words and exit codes (NetBSDfr/pkgin:{main,actions,pkglist,autoremove}.c, messages.h)."""

from __future__ import annotations

import datetime
import getopt
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from . import dewey, face
from .database import Database, writable
from .plan import Plan, Step, search
from .repositories import Problem, Remote, Store, local_path

VERSION = "26.4.0"
COMMANDS = {
    ("list", "ls"): "List installed local packages",
    ("avail", "av"): "List all available remote packages",
    ("search", "se"): "Search for a remote package",
    ("install", "in"): "Install or upgrade packages",
    ("update", "up"): "Refresh local and remote package lists",
    ("upgrade", "ug"): "Upgrade all packages",
    ("full-upgrade", "fug"): "Upgrade all packages (deprecated)",
    ("remove", "rm"): "Remove packages and any dependent packages",
    ("keep", "ke"): "Mark packages that should be kept",
    ("unkeep", "uk"): "Mark packages that can be autoremoved",
    ("show-keep", "sk"): "Display keep packages",
    ("show-no-keep", "snk"): "Display autoremovable packages",
    ("autoremove", "ar"): "Remove orphaned dependencies",
    ("clean", "cl"): "Remove downloaded package files",
    ("show-deps", "sd"): "List remote package direct dependencies",
    ("show-rev-deps", "srd"): "List local package reverse dependencies",
    ("pkg-descr", "pd"): "Show remote package long-description",
}
NEED_WORDS = {
    "search": "missing search string",
    "install": "specify at least one package to install",
    "remove": "specify at least one package to remove",
    "keep": "specify at least one package to keep",
    "unkeep": "specify at least one package to unkeep",
    "show-deps": "missing package name",
    "show-rev-deps": "missing package name",
    "pkg-descr": "missing package name",
}
LEGEND = (
    "\n=: package is installed and up-to-date\n<: package is installed but newer version is available\n"
    ">: installed package has a greater version than available package\n"
)
NO_RIGHTS = "You don't have enough rights for this operation."
TOOLS = "/usr/sbin"


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def human(size: int) -> str:
    """humanize_number(3) in five characters: 0B, 1336K, 1.3M."""
    value, unit = float(size), "B"
    for unit in ("B", "K", "M", "G"):
        if value < 1000 or unit == "G":
            break
        value /= 1024
    return f"{value:.1f}{unit}" if unit != "B" and value < 10 else f"{value:.0f}{unit}"


class Pkgin:
    """One run of pkgin."""

    def __init__(self, options: dict[str, str], root: Path = Path("/")) -> None:
        self.options = options
        self.database = Database(root)
        self.store = Store(self.database)
        self.yes = "-y" in options
        self.no = "-n" in options
        self.verbose = "-V" in options
        self.parsable = "-p" in options

    def prepare(self, command: str) -> None:
        """What each run begins with: local and, where it must be, remote lists."""
        self.look_at_local()
        urls = self.store.repositories()
        changed = set(urls) != set(self.store.state["repositories"])
        if command == "update" or changed:
            self.update(urls, command == "update")
        elif command in ("install", "upgrade", "full-upgrade") and self.store.writable:
            self.update(urls, verbose=False)

    def look_at_local(self) -> None:
        if self.store.local_changed() and self.store.writable:
            say("reading local summary...\nprocessing local summary...\n")
            self.store.save()

    def update(self, urls: list[str], verbose: bool) -> None:
        """:raises Problem: no rights, no summary."""
        if not self.store.writable:
            raise Problem(NO_RIGHTS)
        for url, what in self.store.refresh(urls, "-f" in self.options):
            if what == "removed":
                say(f"cleaning database from {url} entries...\n")
            elif what == "processed":
                say(f"processing remote summary ({url})...\n")
                self.check_architecture(url)
            elif verbose:
                say(f"database for {url} is up-to-date\n")
        self.store.save()

    def check_architecture(self, url: str) -> None:
        here = face.architecture(self.database.root)
        for fields in self.store.state["repositories"][url]["packages"]:
            for there in fields.get("MACHINE_ARCH", []):
                if there != here:
                    say(
                        f"\r\n/!\\ Warning /!\\ {there} doesn't match your current architecture ({here})\n"
                        "You probably want to modify /usr/pkg/etc/pkgin/repositories.conf.\nStill want to "
                    )
                    if not self.confirm(default=False):
                        sys.exit(1)
                    return

    def confirm(self, default: bool) -> bool:
        """-y and -n answer every question; without them the answer comes from standard input."""
        if self.yes or self.no:
            return self.yes
        say("proceed ? [Y/n] " if default else "proceed ? [y/N] ")
        answer = sys.stdin.readline()[:1]
        return answer != "n" if default else answer == "y"

    def rows(self, packages: list[tuple[str, str]]) -> None:
        for full, comment in packages:
            say(f"{full};{comment}\n" if self.parsable else f"{full:<20} {comment}\n")

    def status(self, package: Remote) -> str:
        for name in self.database.names():
            base, version = dewey.split(name)
            if base == package.name:
                return "=><"[dewey.compare(version, package.version)]
        return ""

    def list(self) -> int:
        names = self.database.names()
        if not names:
            sys.stderr.write("Requested list is empty.\n")
            return 0
        limit = self.options.get("-l", "")[:1]
        if not limit:
            self.rows([(name, self.database.meta(name, "+COMMENT").strip()) for name in names])
            return 0
        separator = ";" if self.parsable else " "
        shown = [each for each in self.store.remote() if self.status(each) == limit]
        self.rows([(f"{each.full}{separator}{limit}", each.comment) for each in shown])
        return 0

    def avail(self) -> int:
        remote = self.store.remote()
        if not remote:
            sys.stderr.write("Requested list is empty.\n")
        self.rows([(each.full, each.comment) for each in remote])
        return 0

    def search(self, pattern: str) -> int:
        try:
            found = search(self.store.remote(), pattern)
        except re.error as problem:
            raise Problem(f"regcomp: {pattern}: {problem}") from None
        if not found:
            say(f"No results found for {pattern}\n")
            return 1
        separator = ";" if self.parsable else " "
        self.rows([(f"{each.full}{separator}{self.status(each)}", each.comment) for each in found])
        say(LEGEND)
        return 0

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
                    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
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

    def require_rights(self) -> None:
        if not writable(self.database.directory):
            raise Problem(NO_RIGHTS)

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

    def show_keep(self, automatic: bool) -> int:
        names = [name for name in self.database.names() if self.database.automatic(name) == automatic]
        if not names:
            say("empty autoremovable package list\n" if automatic else "empty non-autoremovable package list\n")
        for name in names:
            say(f"{name} is marked as {'autoremovable' if automatic else 'non-autoremovable'}\n")
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

    def show_deps(self, word: str) -> int:
        package = Plan(self.database, self.store.remote()).find(word)
        if package is None:
            say(f"{word} is not available in the repository\n")
            return 1
        if package.depends:
            say(f"direct dependencies for {package.full}\n" + "".join(f"\t{each}\n" for each in package.depends))
        return 0

    def show_reverse(self, word: str) -> int:
        name = self.database.find(word)
        if name is None:
            say(f"no such installed package {word}\n")
            return 1
        say(f"local reverse dependency tree for {name}\n")
        say("".join(f"\t{each}\n" for each in self.database.dependants(name)))
        return 0

    def describe(self, word: str) -> int:
        package = Plan(self.database, self.store.remote()).find(word)
        if package is None:
            say(f"{word} is not available in the repository\n")
            return 1
        say(f"Information for {package.url}:\n\nDescription:\n{package.description}\n\n")
        return 0

    def run(self, command: str, words: list[str]) -> int:
        if command in NEED_WORDS and not words:
            raise Problem(NEED_WORDS[command])
        self.prepare(command)
        match command:
            case "install":
                return self.install(words)
            case "upgrade" | "full-upgrade":
                return self.install(None)
            case "remove":
                return self.remove(words)
            case "list":
                return self.list()
            case "avail":
                return self.avail()
            case "search":
                return self.search(words[0])
            case "keep" | "unkeep":
                return self.keep(words, command == "unkeep")
            case "show-keep" | "show-no-keep":
                return self.show_keep(command == "show-no-keep")
            case "autoremove":
                return self.autoremove()
            case "clean":
                return self.clean()
            case "show-deps":
                return self.show_deps(words[0])
            case "show-rev-deps":
                return self.show_reverse(words[0])
            case "pkg-descr":
                return self.describe(words[0])
            case _:  # update: prepare() has done it
                return 0


def usage(code: int) -> int:
    stream = sys.stderr if code else sys.stdout
    stream.write("Usage: pkgin [-46cdfhlnPptvVy] command [package ...]\n\nCommands and shortcuts:\n")
    for (name, shortcut), meaning in COMMANDS.items():
        stream.write(f"{name:<19} ({shortcut:<4}) - {meaning}\n")
    return code


def main(arguments: list[str]) -> int:
    """The command line of 26.x; note that -F, which older ones had, is not an option any more."""
    try:
        options, words = getopt.getopt(arguments, "46dhyfPvVl:nc:t:p")
    except getopt.GetoptError as problem:
        sys.stderr.write(f"pkgin: {problem.msg}\n")
        return usage(1)
    given = dict(options)
    last = [name for name, _ in options if name in ("-y", "-n")]
    if last:  # the last of the two counts
        given.pop("-n" if last[-1] == "-y" else "-y", None)
    if "-v" in given:
        say(f"pkgin {VERSION} (using SQLite 3.49.1)\n")
        return 0
    if "-h" in given:
        return usage(0)
    commands = {each: names[0] for names in COMMANDS for each in names}
    if not words or words[0] not in commands:
        return usage(1)
    try:
        return Pkgin(given).run(commands[words[0]], words[1:])
    except Problem as problem:
        sys.stderr.write(f"pkgin: {problem}\n")
        return 1
