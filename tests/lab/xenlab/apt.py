# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Debian to build from: the same suite and mirror as the machine that builds, as its apt is configured."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from . import tools
from .errors import LabError

FORMAT = "$(CODENAME)|$(SITE)|$(COMPONENT)"


@dataclass(frozen=True)
class Sources:
    """The suite's name, its mirror, and the lines of sources.list (security and updates included)."""

    suite: str
    mirror: str
    lines: tuple[str, ...]


def parse_targets(text: str, suite: str) -> Sources:
    """Sources of suite from the output of ``apt-get indextargets --format FORMAT``.

    Raises LabError if apt has no such suite with the component main.
    """
    archives = {suite, f"{suite}-updates", f"{suite}-security"}
    found: dict[str, str] = {}
    for line in text.splitlines():
        codename, _bar, rest = line.partition("|")
        site, _bar, component = rest.partition("|")
        if codename in archives and component == "main":
            found.setdefault(codename, site)
    if suite not in found:
        raise LabError(
            f"apt knows no component 'main' of Debian {suite}: add it to /etc/apt/sources.list and run apt-get update"
        )
    lines = tuple(f"deb {site} {codename} main" for codename, site in sorted(found.items()))
    return Sources(suite, found[suite], lines)


def host_suite(os_release: Mapping[str, str]) -> str:
    """The suite of the building machine, from the fields of its os-release file."""
    if os_release.get("ID") != "debian" or "VERSION_CODENAME" not in os_release:
        here = os_release.get("PRETTY_NAME", "unknown")
        raise LabError(f"the image is built from Debian's packages, and this machine is {here}")
    return os_release["VERSION_CODENAME"]


def read_os_release(text: str) -> dict[str, str]:
    """The fields of /etc/os-release."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key: value.strip("\"'") for key, value in pairs}


def detect() -> Sources:
    """Ask this machine's apt."""
    with open("/etc/os-release") as file:
        suite = host_suite(read_os_release(file.read()))
    command = ["apt-get", "indextargets", "--format", FORMAT, "Created-By: Packages"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=tools.environment())
    if answer.returncode != 0:
        raise LabError("apt-get indextargets failed", answer.stderr)
    return parse_targets(answer.stdout, suite)


def proxy_environment() -> dict[str, str]:
    """The proxy of apt's configuration as environment variables: debootstrap and the chroot's apt read those."""
    shell = subprocess.run(
        ["apt-config", "shell", "proxy", "Acquire::http::Proxy"], capture_output=True, text=True, check=False
    ).stdout
    value = shell.partition("=")[2].strip().strip("'")
    return {"http_proxy": value} if value and "http_proxy" not in os.environ else {}
