# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Install the packages of ``requirements/debian.txt`` that are missing: as root with apt-get, else say which.

Nothing runs when all are there. Arguments are packages that are needed besides them.
"""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# apt may be busy with the machine's own upgrades; wait for it rather than fail.
APT = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300")


def wanted() -> list[str]:
    """The names and patterns of the list, and Debian's venv module when this Python came without one."""
    lines = (ROOT / "requirements" / "debian.txt").read_text().splitlines()
    names = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    try:
        import ensurepip  # noqa: F401 - Debian has it in a package of its own
    except ImportError:
        names.append(f"python3.{sys.version_info.minor}-venv")
    return names


def installed() -> set[str]:
    command = ["dpkg-query", "--show", "--showformat", "${db:Status-Abbrev} ${Package}\n"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {line.split()[-1] for line in lines if line.startswith("ii")}


def newest(pattern: str) -> str | None:
    """The package that apt would take for a pattern: the last one by version numbers in its name; None if unknown."""
    if "*" not in pattern:
        return pattern
    command = ["apt-cache", "pkgnames", pattern.split("*")[0]]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    found = [name for name in names if fnmatch.fnmatch(name, pattern)]
    return max(found, key=lambda name: [int(number) for number in re.findall(r"\d+", name)], default=None)


def install(patterns: list[str]) -> None:
    """Install, with fresh package lists only when the present ones are empty or too old to be of use."""
    if not attempt(patterns):
        print("    the package lists are missing or old: apt-get update", flush=True)
        subprocess.run([*APT, "update"], check=False, stdout=subprocess.DEVNULL)
        if not attempt(patterns, show=True):
            sys.exit(f"deps: apt-get could not install {' '.join(patterns)}; see its message above.")


def attempt(patterns: list[str], show: bool = False) -> bool:
    names = [newest(pattern) for pattern in patterns]
    if None in names:
        return False
    command = [*APT, "install", "--yes", "--no-install-recommends", *map(str, names)]
    output = None if show else subprocess.DEVNULL
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, check=False, stdout=output, stderr=output, env=environment).returncode == 0


def main() -> None:
    names = [*wanted(), *sys.argv[1:]]
    if shutil.which("dpkg-query") is None:
        print(f"deps: not a Debian machine; the lab and the checks need the equivalents of: {' '.join(names)}")
        return
    present = installed()
    missing = [name for name in names if not fnmatch.filter(present, name)]
    if not missing:
        return
    if os.geteuid() != 0:
        sys.exit(f"deps: missing Debian packages; install them with: sudo apt-get install {' '.join(missing)}")
    started = time.monotonic()
    print(f"==> deps: apt-get install {' '.join(missing)}", flush=True)
    install(missing)
    print(f"    deps: done in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
