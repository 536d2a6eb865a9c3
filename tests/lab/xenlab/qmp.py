# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""QEMU's monitor: the JSON protocol QMP on a Unix socket."""

from __future__ import annotations

import json
import re
import select
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .errors import LabError


class Monitor:
    """A connection to one QEMU. Use as a context manager."""

    def __init__(self, path: Path, timeout: float = 60.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(str(path))
            self._stream = self._socket.makefile("rb")
            self._receive()  # the greeting
            self.do("qmp_capabilities")
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Monitor:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._socket.close()

    def _receive(self) -> dict[str, Any]:
        line = self._stream.readline()
        if not line:
            raise LabError("QEMU closed its monitor")
        message: dict[str, Any] = json.loads(line)
        return message

    def do(self, command: str, **arguments: Any) -> Any:
        """Run a command and return its answer. LabError if QEMU refuses."""
        request = {"execute": command, "arguments": arguments}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            message = self._receive()
            if "error" in message:
                raise LabError(f"QEMU refused {command}: {message['error'].get('desc', message['error'])}")
            if "return" in message:
                return message["return"]
            # anything else is an event

    def status(self) -> str:
        """running, paused, inmigrate, …"""
        return str(self.do("query-status")["status"])

    def forwarded_port(self) -> int:
        """The loopback port that QEMU's user network forwards to the guest's SSH."""
        answer = str(self.do("human-monitor-command", **{"command-line": "info usernet"}))
        match = re.search(r"HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s", answer)
        if not match:
            raise LabError("QEMU forwards no port", answer)
        return int(match.group(1))


class Events:
    """The events of one QEMU on a monitor of their own. reason: why the machine ended (SHUTDOWN's reason), or "".

    The socket may not be there yet: connecting is tried again at each wait.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._buffer = b""
        self.reason = ""

    def close(self) -> None:
        """Let go of the monitor."""
        if self._socket:
            self._socket.close()

    def wait(self, timeout: float) -> None:
        """Take what comes within timeout seconds."""
        if self._socket is None and not self._connect():
            time.sleep(timeout)
            return
        assert self._socket
        if not select.select([self._socket], [], [], timeout)[0]:
            return
        data = self._socket.recv(65536)
        if not data:
            time.sleep(timeout)  # QEMU has ended: its process tells the rest
            return
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if message.get("event") == "SHUTDOWN":
                self.reason = message["data"].get("reason", "")

    def _connect(self) -> bool:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(self._path))
            connection.sendall(b'{"execute": "qmp_capabilities"}\n')
        except OSError:
            connection.close()
            return False
        self._socket = connection
        return True


def wait(condition: Callable[[], bool], timeout: float, what: str, pause: float = 0.05) -> None:
    """Poll until condition is true; LabError that says what did not happen after timeout seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {timeout:.0f} s")
        time.sleep(pause)
