# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The files inside of a Linux guest that make it this guest: what they shall be, made of what they are. Pure functions.

Sources: inittab(5) of sysvinit and init/init.c of busybox (a line's first field is an id there, a terminal here);
securetty(5); hosts(5) and the 127.0.1.1 of Debian's installer; systemd-getty-generator(8), which starts a login on
whatever ``console=`` names, so with systemd there is nothing to write; machine-id(5): an empty one is made at boot.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.host._rootdir import Entry, RootDir
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest import _linux_network
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest._linux_network import Network

HOSTNAME, HOSTS, FSTAB = "/etc/hostname", "/etc/hosts", "/etc/fstab"
INITTAB, SECURETTY = "/etc/inittab", "/etc/securetty"
SSH_FOLDER, KEYS = "/root/.ssh", "/root/.ssh/authorized_keys"
MACHINE_ID = "/etc/machine-id"
STAMP = "/etc/netbsd-xen-guest"
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9]([A-Za-z0-9-]{0,62}))*")
_OWN_ADDRESS = re.compile(r"^127\.0\.1\.1[ \t].*\n?", re.MULTILINE)
_TERMINAL = "hvc0"
_PRIVATE, _PUBLIC = 0o600, 0o644


class Wanted(NamedTuple):
    """What the guest's files shall be; None and empty leave a file alone.

    :param keys: public keys of root, a line each.
    :param fstab: the whole text.
    :param console: whether there shall be a login on hvc0.
    :param identity: a word for this guest; where another one is written, it is a copy and gets new keys of its own.
    :param files: of the user's, by path; these come last. None removes.
    """

    hostname: str | None = None
    network: Network | None = None
    keys: tuple[str, ...] = ()
    fstab: str | None = None
    console: bool = False
    identity: str | None = None
    files: tuple[tuple[str, Entry | None], ...] = ()


class Change(NamedTuple):
    """One file, before and after; None where there is none."""

    path: str
    before: Entry | None
    after: Entry | None

    @property
    def text(self) -> str:
        if self.after is None:
            return f"remove {self.path}"
        if self.after.link is not None:
            return f"link {self.path} to {self.after.link}"
        return f"write {self.path}"


def wanted(params: dict[str, Any]) -> Wanted:
    """What the options that linux_guest and linux_install have in common ask for.

    :raises BadValue: one of them makes no sense.
    """
    hostname = params["hostname"]
    if hostname is not None and not _HOST_NAME.fullmatch(hostname):
        raise BadValue("hostname", hostname, "this is no host name.")
    keys = tuple(key.strip() for key in params["authorized_keys"] or ())
    for key in keys:
        if "\n" in key or len(key.split()) < 2:
            raise BadValue("authorized_keys", key, "this is not a public key in one line, such as `ssh-ed25519 AAAA…`.")
    files = tuple(_file(each) for each in params["files"] or ())
    return Wanted(hostname, _linux_network.network_of(params["network"]), keys, files=files)


def _file(given: dict[str, Any]) -> tuple[str, Entry | None]:
    path, content, mode = given["path"], given.get("content"), given.get("mode")
    if not path.startswith("/") or path.endswith("/") or ".." in path.split("/"):
        raise BadValue("files.path", path, "write the whole path that the file has in the guest.")
    if given.get("state") == "absent":
        return path, None
    if (content is None) == (given.get("link") is None):
        raise BadValue("files", path, "give one of content and link, or state: absent.")
    if content is None:
        return path, Entry(link=given["link"])
    try:
        bits = None if mode is None else int(str(mode), 8)
    except ValueError:
        raise BadValue("files.mode", mode, 'write it in octal digits and quotes, such as "0600".') from None
    return path, Entry(data=str(content).encode("utf-8", "surrogateescape"), mode=bits)


def changes(want: Wanted, root: RootDir) -> list[Change]:
    """The files that are not as wanted, in the order in which they are written."""
    found: dict[str, Entry | None] = {}
    if want.hostname:
        found[HOSTNAME] = Entry(data=f"{want.hostname.partition('.')[0]}\n".encode())
        found[HOSTS] = encoded(hosts(root.text(HOSTS), want.hostname))
    if want.fstab is not None:
        found[FSTAB] = encoded(want.fstab)
    if want.network:
        found.update(_linux_network.entries(want.network, root))
    if want.console:
        found.update(_console(want, root))
    if want.keys:
        found[KEYS] = encoded(with_keys(root.text(KEYS) or "", want.keys))._replace(mode=_PRIVATE)
    if want.identity and is_copy(want.identity, root):
        found.update(_forgotten(root))
        found[STAMP] = encoded(f"{want.identity}\n")
    found.update(dict(want.files))
    return [change for path, after in found.items() for change in _change(path, after, root)]


def _change(path: str, after: Entry | None, root: RootDir) -> list[Change]:
    """A link that we are to make counts itself; a file that we are to write may be behind one of the guest's."""
    before = root.entry(path, follow=after is not None and after.link is None)
    if after is None:
        there = root.entry(path, follow=False) is not None
        return [Change(path, before, None)] if there else []
    same_mode = after.mode is None or before is None or before.mode == after.mode
    if before and (before.data, before.link) == (after.data, after.link) and same_mode:
        return []
    return [Change(path, before, after)]


def encoded(text: str) -> Entry:
    """A regular file with this text."""
    return Entry(data=text.encode("utf-8", "surrogateescape"))


def hosts(text: str | None, hostname: str) -> str:
    """hosts(5) in which the guest's own name has an address, whatever its network is."""
    line = f"127.0.1.1\t{' '.join(dict.fromkeys([hostname, hostname.partition('.')[0]]))}\n"
    if text is None:
        return f"127.0.0.1\tlocalhost\n{line}"
    if _OWN_ADDRESS.search(text):
        return _OWN_ADDRESS.sub(line, text, count=1)
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{line}"


def fstab(device: str, fstype: str, more: list[str]) -> str:
    """fstab(5) of a new guest: its root, and what else the user says."""
    lines = [f"{device}\t/\t{fstype}\tdefaults,errors=remount-ro\t0\t1", *more]
    return "# Written by Ansible\n" + "".join(f"{line}\n" for line in lines)


def with_keys(text: str, keys: tuple[str, ...]) -> str:
    """authorized_keys with these keys; those that are there stay."""
    there = set(text.splitlines())
    missing = [key for key in keys if key not in there]
    if missing and text and not text.endswith("\n"):
        text += "\n"
    return text + "".join(f"{key}\n" for key in dict.fromkeys(missing))


def is_copy(identity: str, root: RootDir) -> bool:
    """Whether this root was made as another guest than this, or as none."""
    return (root.text(STAMP) or "").strip() != identity


def _forgotten(root: RootDir) -> dict[str, Entry | None]:
    """What must not be the same in two guests. An empty machine-id is filled at the next boot; the keys of sshd are
    made anew by whoever applies this.
    """
    names = [name for name in root.names("/etc/ssh") if name.startswith("ssh_host_")]
    found: dict[str, Entry | None] = {f"/etc/ssh/{name}": None for name in names}
    if root.exists(MACHINE_ID):
        found[MACHINE_ID] = Entry(data=b"")
    return found


def _console(want: Wanted, root: RootDir) -> dict[str, Entry | None]:
    found: dict[str, Entry | None] = {}
    inittab = root.text(INITTAB)
    if inittab is not None:
        found[INITTAB] = encoded(with_getty(inittab, bool(want.network) and _is_busybox(want, root)))
    securetty = root.text(SECURETTY)
    if securetty is not None and _TERMINAL not in securetty.split():
        end = "" if not securetty or securetty.endswith("\n") else "\n"
        found[SECURETTY] = encoded(f"{securetty}{end}{_TERMINAL}\n")
    return found


def _is_busybox(want: Wanted, root: RootDir) -> bool:
    style = want.network.style if want.network else "auto"
    return style == _linux_network.BUSYBOX or (
        style == "auto" and _linux_network.style_of(root) == _linux_network.BUSYBOX
    )


def with_getty(text: str, starts_network: bool) -> str:
    """inittab(5) with a login on the console, in the words of the init that reads it.

    :param starts_network: busybox runs no scripts of its own accord; it is told to bring the interfaces up, unless a
        line does so already.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    busybox = any("::sysinit:" in line for line in lines)
    added = []
    if busybox and starts_network and not any("ifup" in line for line in lines):
        added.append("::wait:/bin/busybox ifup -a")
    if not any(_TERMINAL in line for line in lines):
        program = "/bin/busybox getty" if busybox else "/sbin/getty"
        added.append(f"{_TERMINAL}::respawn:{program} -L 115200 {_TERMINAL} vt100" if busybox
                     else f"h0:2345:respawn:{program} 115200 {_TERMINAL} vt100")  # fmt: skip
    end = "" if not text or text.endswith("\n") else "\n"
    return text + (end + "".join(f"{line}\n" for line in added) if added else "")
