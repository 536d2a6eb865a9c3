# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Writing the files of a Linux guest below a root, which is a mounted disk or a folder that becomes one."""

from __future__ import annotations

import os
from typing import Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _host
from ansible_collections.netbsd.xen.plugins.module_utils.host._rootdir import RootDir
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest import _linux_files
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest._linux_files import Change

HOST_KEYS = "make keys of the host for sshd"
_DAEMONS = ("/usr/sbin/sshd", "/usr/bin/sshd", "/sbin/sshd")
_FOLDER = "/etc/ssh"
# the default HostKey lines of sshd_config(5); an sshd that is too old for one of them looks only at those it knows
_KINDS = ("ed25519", "ecdsa", "rsa")
# making an RSA key takes its time on a slow machine
_SECONDS = 300.0


def write(changes: Sequence[Change], root: RootDir) -> None:
    """:raises XenError: a file cannot be written; those before it have been."""
    for change in changes:
        try:
            if change.path == _linux_files.KEYS:
                root.make_folder(_linux_files.SSH_FOLDER, mode=0o700)
            if change.after is None:
                root.remove(change.path)
            else:
                root.put(change.path, change.after)
        except OSError as error:
            raise XenError(f"{change.path} of the guest: {error.strerror}.", error_id="os_error") from error


def lacks_host_keys(root: RootDir, removed: Sequence[Change] = ()) -> bool:
    """Whether sshd is there and has no key, or will have none."""
    if not any(root.exists(path) for path in _DAEMONS):
        return False
    gone = {change.path for change in removed if change.after is None}
    keys = [name for name in root.names(_FOLDER) if name.startswith("ssh_host_") and name.endswith("_key")]
    return all(os.path.join(_FOLDER, name) in gone for name in keys)


def make_host_keys(root: RootDir) -> None:
    """Make the keys with the ssh-keygen of the dom0, since many a distribution makes them at installation only.

    :raises CommandError: it failed.
    """
    program = _host.find_program("ssh-keygen")
    if not program:
        raise XenError("ssh-keygen is not installed on this host, and the guest's sshd needs keys.")
    folder = root.make_folder(_FOLDER)
    for kind in _KINDS:
        file = os.path.join(folder, f"ssh_host_{kind}_key")
        command = [program, "-q", "-t", kind, "-N", "", "-C", "", "-f", file]
        result = _command.run(command, _SECONDS)
        if result.rc != 0:
            raise CommandError(f"ssh-keygen failed: {result.stderr.strip()}", command, result.rc, *result[1:])
