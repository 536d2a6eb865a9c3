# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A second fake host, and an ssh that comes to it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from ansible_collections.netbsd.xen.tests.fake.harness import FakeXen

# Options with a value are the only ones that the tests use; the host follows them, then the command.
_SSH = """#!/bin/sh
while [ "${{1#-}}" != "$1" ]; do shift 2; done
[ "$1" = {name} ] || {{ echo "ssh: Could not resolve hostname $1: Name or service not known" >&2; exit 255; }}
shift
FAKE_XL_STATE={state} PATH={bin}:/usr/bin:/bin
export FAKE_XL_STATE PATH
exec sh -c "$(printf '%s' "$*" | sed {here_to_there})"
"""


class Peer(FakeXen):
    """A host with files of its own, but with the same disks.

    :param here: the folder that stands for the first host's ``/``.
    :param name: what the ssh of that host knows this one by; ``ssh`` is the path of that ssh.
    :ivar root: the folder that stands for this host's ``/``.
    """

    def __init__(self, directory: Path, here: Path, name: str = "xen2", **host: Any) -> None:
        super().__init__(directory, **host)
        self.root = directory / "host"
        for folder in ("etc", "save"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "disks").symlink_to(here / "disks")
        self.ssh = self.directory / "ssh"
        self.ssh.write_text(
            _SSH.format(
                name=shlex.quote(name),
                state=shlex.quote(str(self.state_file)),
                bin=shlex.quote(str(self.bin)),
                here_to_there=shlex.quote(f"s|{here}|{self.root}|g"),
            ),
            encoding="utf-8",
        )
        self.ssh.chmod(0o755)
