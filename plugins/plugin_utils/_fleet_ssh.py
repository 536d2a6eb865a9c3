# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is PRIVATE to the collection. It can change at any time without notice.
"""Ask dom0s over OpenSSH: bounded in time, in size, and in how many at once."""

from __future__ import annotations

import hashlib
import os
import selectors
import shlex
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, Callable, Iterable, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.plugin_utils import _fleet_guests, _fleet_query
from ansible_collections.netbsd.xen.plugins.plugin_utils._fleet_settings import Settings

# A host with a thousand guests says 4 MiB.
_SIZE_LIMIT = 64 * 1024 * 1024
_CHUNK = 65536
_LAST_WORDS = 500


class Client(NamedTuple):
    """The ssh of the controller.

    :param executable: name or path. :param control_path_dir: for the sockets of shared connections.
    """

    executable: str = "ssh"
    control_path_dir: str = ""
    check_host_keys: bool = True


class Told(NamedTuple):
    """What came of asking one dom0: its data, or why there is none.

    :param data: see ``_fleet_guests.guests``. :param problem: what went wrong, empty when it answered.
    """

    name: str
    data: dict[str, Any] | None
    problem: str
    warnings: list[str]


def command(settings: Settings, client: Client) -> list[str]:
    """The command line that starts a shell on the dom0 which reads its script from standard input.

    ssh takes the first value of each option: those that keep it from asking questions or waiting come first.
    """
    shell = f"{settings.become_command} sh -s" if settings.become else "sh -s"
    if settings.connection == "local":
        return shlex.split(shell)
    options = ["-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={settings.connect_timeout}"]
    if not client.check_host_keys:
        options += ["-o", "StrictHostKeyChecking=no"]
    if settings.port:
        options += ["-p", str(settings.port)]
    if settings.user:
        options += ["-l", settings.user]
    if settings.private_key_file:
        options += ["-i", os.path.expanduser(settings.private_key_file)]
    options += shlex.split(settings.ssh_args) + shlex.split(settings.ssh_common_args)
    given = " ".join(options).lower()
    if "controlpersist" in given and "controlpath" not in given:
        options += ["-o", f'ControlPath="{_control_path(settings, client)}"']
    return [client.executable, *options, "--", settings.host, shell]


def _control_path(settings: Settings, client: Client) -> str:
    """The socket of the shared connection: that of Ansible's ssh plugin (_create_control_path() there), so that the
    first task on the dom0 finds the connection open.
    """
    directory = os.path.expanduser(client.control_path_dir)
    if settings.control_path:
        return settings.control_path.replace("%(directory)s", directory).replace("%%", "%")
    words = f"{settings.host}-{settings.port or None}-{settings.user or None}"
    return os.path.join(directory, hashlib.sha1(words.encode()).hexdigest()[:10])  # a name, not a secret


def ask(settings: Settings, client: Client) -> Told:
    """Ask one dom0; never raises for what is wrong with it."""
    mark, said = _fleet_query.new_mark(), ""
    try:
        text, said = _run(command(settings, client), _fleet_query.script(settings, mark), settings.timeout)
        data, warnings = _fleet_guests.guests(_fleet_query.parse(text, mark), settings)
    except XenError as error:
        return Told(settings.name, None, f"{error.message} {said}".rstrip(), [])
    return Told(settings.name, data, "", warnings)


def ask_all(
    fleet: Sequence[Settings], client: Client, at_once: int, ask_one: Callable[[Settings, Client], Told] = ask
) -> Iterable[Told]:
    """Ask every dom0, so many at once; in the order of the fleet."""
    if client.control_path_dir and any(settings.connection == "ssh" for settings in fleet):
        os.makedirs(os.path.expanduser(client.control_path_dir), mode=0o700, exist_ok=True)
    with ThreadPoolExecutor(max_workers=max(1, min(at_once, len(fleet)))) as pool:
        return list(pool.map(lambda settings: ask_one(settings, client), fleet))


def _run(cmd: Sequence[str], stdin: str, timeout: float) -> tuple[str, str]:
    """The output of a command that gets this text, and the end of what it said on stderr.

    Its stderr goes to a file and not into a pipe: the background process of a shared connection keeps it open, in old
    versions of OpenSSH, and waiting for its end would be waiting for ControlPersist.

    :raises XenError: it failed, did not end in time, or said too much.
    """
    with tempfile.TemporaryFile() as errors:
        try:
            # run_command of AnsibleModule is for modules  # pylint: disable=ansible-bad-function
            process = subprocess.Popen(list(cmd), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        except OSError as error:
            raise XenError(f"cannot run {cmd[0]}: {error.strerror}.") from error
        try:
            _say(process, stdin)
            output = _listen(process, time.monotonic() + timeout)
        except (TimeoutError, subprocess.TimeoutExpired):
            raise XenError(f"no answer within {timeout:g} s. {_said(errors)}".rstrip()) from None
        finally:
            _end(process)
        if process.returncode != 0:
            raise XenError(
                f"{os.path.basename(cmd[0])} ended with exit code {process.returncode}. {_said(errors)}".rstrip()
            )
        return _fleet_guests.decode(output), _said(errors)


def _say(process: subprocess.Popen[bytes], text: str) -> None:
    """Hand over the script. It is smaller than a pipe, so this does not wait; who has ended already does not listen."""
    if process.stdin:
        try:
            process.stdin.write(text.encode())
            process.stdin.close()
        except BrokenPipeError:
            pass


def _listen(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """All that it prints until it closes its output.

    :raises TimeoutError: it did not in time.
    """
    chunks: list[bytes] = []
    size = 0
    if process.stdout is None:
        raise XenError("no output to read.")
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise TimeoutError
            chunk = os.read(process.stdout.fileno(), _CHUNK)
            if not chunk:
                process.wait(max(0.1, deadline - time.monotonic()))
                return b"".join(chunks)
            chunks.append(chunk)
            size += len(chunk)
            if size > _SIZE_LIMIT:
                raise XenError(f"it says more than {_SIZE_LIMIT >> 20} MiB: no dom0 has that many guests.")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def _said(errors: IO[bytes]) -> str:
    """The end of what it said on stderr."""
    errors.seek(0)
    return " ".join(_fleet_guests.decode(errors.read()).split())[-_LAST_WORDS:]
