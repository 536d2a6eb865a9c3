# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""A process that brings a bridge back to what it was, unless somebody says in time that the host can still be reached.

It is a shell that sleeps, apart from the module and its connection. Who comes first, it or the confirmation, renames
the directory of its papers; the other one finds nothing.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.bridge import _bridgecheck
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConflictError, HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostplan import FileChange

DIRECTORY = "/var/run"


def papers(name: str) -> str:
    """The directory that is there for as long as the confirmation is waited for."""
    return f"{DIRECTORY}/netbsd.xen.{name}.rollback"


def script(name: str, seconds: int, undo: Sequence[Sequence[str]], file: FileChange) -> str:
    """The shell script that waits and then brings everything back. Each command is tried, whatever the others do."""
    mine = f"{papers(name)}.running"
    lines = [f"sleep {seconds}", f"mv {shlex.quote(papers(name))} {shlex.quote(mine)} || exit 0"]
    lines += [" ".join(shlex.quote(word) for word in command) for command in undo]
    if file.before is None:
        lines.append(f"rm -f {shlex.quote(file.path)}")
    elif file.before != file.after:
        lines.append(f"cp -p {shlex.quote(mine + '/file')} {shlex.quote(file.path)}")
    message = f"{name}: nobody has confirmed the change within {seconds} s; it was taken back"
    return "\n".join([*lines, f"logger -t ansible {shlex.quote(message)}", f"rm -rf {shlex.quote(mine)}", ""])


def arm(name: str, seconds: int, undo: Sequence[Sequence[str]], file: FileChange) -> None:
    """Start the process.

    :raises ConflictError: there is one already.
    :raises XenError: it cannot be started; nothing was changed.
    """
    directory = papers(name)
    try:
        os.mkdir(directory, 0o700)
        if file.before is not None:
            shutil.copy2(file.path, os.path.join(directory, "file"))
        path = os.path.join(directory, "script")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(script(name, seconds, undo, file))
        # run_command of AnsibleModule would wait for it
        subprocess.Popen(  # pylint: disable=ansible-bad-function,consider-using-with
            ["/bin/sh", path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
    except FileExistsError:
        raise ConflictError(
            f"{directory} exists: an earlier change of {name} waits to be confirmed or taken back. Wait for it, or "
            f"remove the directory if no process is behind it any more.",
            error_id="rollback_pending",
        ) from None
    except OSError as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise XenError(f"Cannot prepare the rollback of {name}: {error}. Nothing was changed.") from error


def confirm(name: str) -> None:
    """Keep the change.

    :raises BadValue: this is no name of a bridge.
    :raises HostError: there is nothing to confirm, because it was taken back already.
    """
    _bridgecheck.check_name(name)
    kept = f"{papers(name)}.confirmed"
    try:
        os.rename(papers(name), kept)
    except FileNotFoundError:
        raise HostError(
            f"No change of {name} waits to be confirmed: it was taken back, since the confirmation came too late, or "
            f"there was none.",
            error_id="rolled_back",
        ) from None
    shutil.rmtree(kept, ignore_errors=True)
