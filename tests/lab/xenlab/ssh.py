# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coming into dom0: OpenSSH with the image's key, one shared connection for each instance, the host key checked."""

from __future__ import annotations

import shlex
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .build import HOST_ALIAS
from .errors import LabError

PERSIST_SECONDS = 300
BANNER = b"SSH-"


@dataclass(frozen=True)
class Result:
    """What a command in dom0 answered."""

    rc: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Ssh:
    """The way into one instance. image holds the keys; control is the socket of the shared connection."""

    image: Path
    port: int
    control: Path

    @property
    def key(self) -> Path:
        return self.image / "id_ed25519"

    def check_options(self) -> list[str]:
        """Options by which ssh knows the instance, whatever port it is on, and says nothing about it."""
        settings = {
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": str(self.image / "known_hosts"),
            "HostKeyAlias": HOST_ALIAS,
            "LogLevel": "ERROR",
            "IdentitiesOnly": "yes",
            "BatchMode": "yes",
        }
        return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]

    def sharing_options(self) -> list[str]:
        """Options for the shared connection, control path left out (Ansible has a setting of its own for that)."""
        return ["-o", "ControlMaster=auto", "-o", f"ControlPersist={PERSIST_SECONDS}s", "-o", "ServerAliveInterval=30"]

    def _options(self) -> list[str]:
        control = ["-o", f"ControlPath={self.control}", "-o", "ConnectTimeout=30"]
        return ["-F", "none", "-i", str(self.key), *self.check_options(), *self.sharing_options(), *control]

    def command(self, remote: Sequence[str] = (), tty: bool = False) -> list[str]:
        """The ssh command line; a shell if remote is empty. Words are joined by spaces, as ssh does."""
        terminal = ["-t"] if tty else []
        return ["ssh", *self._options(), "-p", str(self.port), *terminal, "root@127.0.0.1", *remote]

    def copy_command(self, source: str, target: str) -> list[str]:
        """The scp command line; the remote side is written as `dom0:PATH`."""
        places = [place.replace("dom0:", "root@127.0.0.1:", 1) for place in (source, target)]
        return ["scp", "-q", "-r", *self._options(), "-P", str(self.port), *places]

    def run(self, command: str | Sequence[str], timeout: float = 120.0, stdin: str = "") -> Result:
        """Run a command in dom0: a string goes to its shell as it is, a list is quoted. Raises on a timeout only."""
        text = command if isinstance(command, str) else shlex.join(command)
        try:
            done = subprocess.run(
                self.command([text]),
                input=stdin,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise LabError(f"no end of `{text}` in dom0 within {timeout:.0f} s") from error
        return Result(done.returncode, done.stdout, done.stderr)

    def close(self) -> None:
        """End the shared connection's background process, if there is one."""
        if self.control.exists():
            command = ["ssh", *self._options(), "-p", str(self.port), "-O", "exit", "root@127.0.0.1"]
            subprocess.run(command, capture_output=True, check=False, timeout=30)


def wait_for_banner(port: int, timeout: float, check: Callable[[], None]) -> None:
    """Wait until an SSH server answers on the port; check is called in between and may raise.

    QEMU accepts the connection at once whether or not the guest is up, so only the banner tells.
    """
    deadline = time.monotonic() + timeout
    while True:
        check()
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=3) as connection:
                if connection.recv(4) == BANNER:
                    return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise LabError(f"no SSH on port {port} within {timeout:.0f} s")
        time.sleep(0.1)
