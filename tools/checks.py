# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of checks: what each step of ``make test`` runs. ``run.py`` runs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PYTHON = str(BIN / "python")
LAB = "tests/lab/lab"

# The exit code of a check that finds nothing to do on this machine and says why in its last line (automake's number).
SKIPPED = 77

COLLECTIONS = ROOT / ".cache" / "collections"


@dataclass(frozen=True)
class Check:
    """One command.

    ``needs`` is a path in the tree without which there is nothing to check; ``undo`` is run when the check was ended
    before its time and could not clean up.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    folder: Path = ROOT
    needs: str = "."
    undo: tuple[str, ...] = ()

    def applies(self) -> bool:
        return (ROOT / self.needs).exists()


def environment() -> dict[str, str]:
    """What every check gets: the tools of ``.venv`` first, the checkout as the collection, no state in ``$HOME``."""
    return {
        "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]]),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(ROOT / ".cache" / "ansible"),
        "NO_COLOR": "1",
    }


def tool(name: str, *command: str, needs: str = ".") -> Check:
    """A check that is one of the tools of this folder."""
    return Check(name, (PYTHON, f"tools/{command[0]}.py", *command[1:]), needs=needs)


# The names by which mypy must see the code are those of the imports, so it runs from the link to the checkout.
MYPY = ("mypy", f"--config-file={ROOT}/mypy.ini", f"--cache-dir={ROOT}/.cache/mypy")
# Scenarios that run by themselves (`make scenario NAME=…`): netbsd needs a host that we have not, the others would make
# every run too long, and what they show is shown in parts by other checks.
APART = (
    "domu_linux",
    "domu_netbsd",
    "domu_solaris",
    "errors",
    "netbsd",
    "netbsd_guest",
    "upgrade",
    "xen_pciback",
    "xen_report",
    "xen_upgrade",
)
MOLECULE = {"MOLECULE_GLOB": "molecule/*/molecule.yml"}
# The modules of guests on real Xen; the first ones in every run, the others take too long for that.
GUESTS_FILES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "integration").glob("test_guests_*.py"))
GUESTS_ALWAYS = [f"tests/integration/test_guests_{topic}.py" for topic in ("changes", "errors", "disks")]


def guests(files: list[str]) -> Check:
    """A file at a time on each of two hosts: the tests of a file follow each other on one host."""
    command = ("pytest", "--numprocesses=2", "--dist=loadfile", "--durations=10", *files)
    return Check("guests on real Xen", command, needs=LAB)


CACHES = {"RUFF_CACHE_DIR": str(ROOT / ".cache" / "ruff")}

STEPS: dict[str, list[Check]] = {
    "lint": [
        Check("ruff check", ("ruff", "check", "--output-format=concise", "."), env=CACHES),
        Check("ruff format", ("ruff", "format", "--check", "."), env=CACHES),
        Check("yamllint", ("yamllint", "--strict", ".")),
        Check("mypy plugins", (*MYPY, "ansible_collections/netbsd/xen/plugins"), folder=COLLECTIONS),
        Check("mypy tools", (*MYPY, "."), folder=ROOT / "tools"),
        Check("mypy lab", (*MYPY, "."), folder=ROOT / "tests" / "lab", needs="tests/lab"),
        Check("shellcheck", ("sh", "tools/shellcheck.sh")),
        Check("reuse", ("reuse", "lint", "--lines")),
        Check("changelog", ("antsibull-changelog", "lint")),
        Check("ansible-lint", ("ansible-lint", "--profile=production", "--offline", "--strict", "--nocolor")),
    ],
    "unit": [
        Check(
            "pytest", ("pytest", "--numprocesses=auto", "--dist=worksteal", "tests/unit"), env={"REQUIRE_ORACLE": "1"}
        ),
    ],
    "unit-oldest": [
        tool("oldest Python", "oldest"),
    ],
    "sanity": [
        tool("sanity newest core", "sanity"),
        tool("sanity oldest core", "sanity", "--oldest-core"),
    ],
    "build": [
        tool("artifact", "check_artifact"),
    ],
    "docs": [
        tool("documentation", "docs"),
    ],
    "browser": [
        # not in every run: the browser is 113 MB to download and half a minute to install
        Check("report in a browser", ("pytest", "-p", "no:cacheprovider", "tests/browser")),
    ],
    "guests": [guests(GUESTS_ALWAYS)],
    "guests-all": [guests(GUESTS_FILES)],
    "molecule": [
        # A run that was killed leaves molecule in the belief that its host still exists.
        Check("molecule reset", ("molecule", "reset"), env=MOLECULE, needs="molecule/default"),
        Check(
            "molecule test",
            # two at a time: a scenario waits for one emulated host, which keeps one core busy
            ("molecule", "test", "--all", *(f"--exclude={name}" for name in APART), "--workers=2"),
            env=MOLECULE,
            needs="molecule/default",
            undo=("molecule", "destroy", "--all"),
        ),
    ],
}

# Started when the run starts, waited for when its step comes: each keeps one core busy, as do the first steps.
BACKGROUND = {
    "unit-oldest": STEPS["unit-oldest"][0],
    "guests": Check("lab image", (LAB, "build"), needs=LAB),
    "molecule": Check("lab image, NetBSD", (LAB, "build", "--netbsd"), needs=LAB),
}
