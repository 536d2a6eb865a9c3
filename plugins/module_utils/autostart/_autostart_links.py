# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Start at boot on a Linux dom0: links in a folder, started in the order of their names.

Sources: xen tools/hotplug/Linux/xendomains.in (``for dom in $XENDOMAINS_AUTO/*``, then ``usleep
$XENDOMAINS_CREATE_USLEEP``), and Debian's own /etc/init.d/xendomains, which has the same links and no pause. Both read
their variables from /etc/default/xendomains or /etc/sysconfig/xendomains.
"""

from __future__ import annotations

import glob
import os
import re
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.autostart._autostart_model import (
    ADD,
    DELAY,
    FILE,
    LINK,
    MOVE,
    REMOVE,
    Change,
    Entry,
    FileDiff,
    Want,
)
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile, _host
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf

SETTINGS = ("/etc/default/xendomains", "/etc/sysconfig/xendomains")
SCRIPTS = (
    "/etc/init.d/xendomains",
    "/usr/lib/xen/bin/xendomains",
    "/usr/libexec/xen/bin/xendomains",
    "/usr/local/lib/xen/bin/xendomains",
)
ENABLED = ("/etc/rc[2-5].d/S??xendomains", "/etc/systemd/system/*.wants/xendomains.service")
FOLDER, PAUSE = "XENDOMAINS_AUTO", "XENDOMAINS_CREATE_USLEEP"
_NUMBER = re.compile(r"^(\d\d)-(?=.)")
_MICROSECONDS = 1000000


class Links:
    """The links of this host, as they were when this was made."""

    mechanism = "links"

    def __init__(self) -> None:
        self.settings = next((path for path in SETTINGS if os.path.isfile(path)), None)
        self._unreadable = ""
        self.directory = self._directory()
        self.entries = self._entries()

    # reading

    def _conf(self) -> _rcconf.RcConf | None:
        """The variables of xendomains, which are the same sh as in rc.conf; None when there is no such file."""
        return _rcconf.RcConf(path=self.settings) if self.settings else None

    def _directory(self) -> str:
        """Where the links are; empty when nothing is started at all."""
        usual = _host.layout().auto_dir or ""
        try:
            conf = self._conf()
        except XenError as error:
            self._unreadable = error.message
            return usual
        if conf is None or not conf.is_set(FOLDER):
            return usual
        value = conf.value(FOLDER)
        if value is None:
            self._unreadable = f"{self.settings}: {FOLDER}: {conf.setting(FOLDER).reason}"
            return usual
        return value.rstrip("/")

    def _entries(self) -> list[Entry]:
        if not self.directory or not os.path.isdir(self.directory):
            return []
        # as the * of the shell: no hidden files, by name
        names = sorted(name for name in os.listdir(self.directory) if not name.startswith("."))
        return [self._entry(name) for name in names if not os.path.isdir(os.path.join(self.directory, name))]

    def _entry(self, name: str) -> Entry:
        path = os.path.join(self.directory, name)
        number = _NUMBER.match(name)
        return Entry(
            name=_NUMBER.sub("", name),
            path=path,
            text=path,
            kind=LINK if os.path.islink(path) else FILE,
            config=os.path.realpath(path),
            order=int(number.group(1)) if number else None,
        )

    def of(self, name: str, config: str) -> tuple[Entry, ...]:
        """The entries that start this domain, or would if they led anywhere."""
        real = os.path.realpath(config)
        return tuple(entry for entry in self.entries if entry.config == real or _lost(entry, name))

    def starts(self, name: str, config: str) -> bool:
        """Whether the host starts this domain at boot."""
        real = os.path.realpath(config)
        return any(entry.config == real for entry in self.entries)

    @property
    def pause(self) -> float | None:
        """Seconds between two guests; None when the host's script has no pause or does not tell it."""
        if not self._script_pauses():
            return None
        try:
            conf = self._conf()
            value = conf.value(PAUSE) if conf else None
        except XenError:
            return None
        return int(value) / _MICROSECONDS if value and value.isdigit() else None

    @staticmethod
    def _script() -> str | None:
        return next((path for path in SCRIPTS if os.path.isfile(path)), None)

    def _script_pauses(self) -> bool:
        script = self._script()
        return bool(script) and PAUSE in (_rcconf.read_text(script or "") or "")

    def problems(self) -> list[str]:
        """What keeps the links from being looked at."""
        found = [self._unreadable] if self._unreadable else []
        if not self._script():
            found.append("There is no script xendomains on this host: nothing in the folder of links is started.")
        elif not any(glob.glob(pattern) for pattern in ENABLED):
            found.append("The service xendomains is not enabled: no guest is started at boot.")
        if not self.directory:
            found.append(f"{self.settings} sets {FOLDER} to nothing: no guest is started at boot.")
        return found

    def told(self) -> dict[str, Any]:
        """The mechanism as a return value."""
        return {"mechanism": self.mechanism, "where": self.directory, "config_format": None, "pause": self.pause}

    # planning

    @staticmethod
    def own_delay(entry: Entry) -> int | None:
        """No guest has one: the pause is the same for all."""
        return None

    def changes(self, want: Want) -> list[Change]:
        """What brings about what is wanted.

        :raises XenError: it cannot be brought about, with the cure.
        """
        mine = self.of(want.name, want.config)
        if want.enabled is None and not want.going:
            return []
        if not want.enabled:
            return [self._removal(entry, want) for entry in mine if not (want.going and entry.kind == FILE)]
        if not self.directory:
            raise XenError(
                f"{self.settings} sets {FOLDER} to nothing, so no guest is started at boot. Set it to a folder first.",
                error_id="autostart_off",
            )
        real = os.path.realpath(want.config)
        kept = next((entry for entry in mine if entry.config == real), None)
        changes = [self._removal(entry, want) for entry in mine if entry is not kept]
        changes += self._delay(want)
        return changes + ([self._add(want, mine)] if kept is None else self._move(kept, want))

    @staticmethod
    def _removal(entry: Entry, want: Want) -> Change:
        if entry.kind == FILE:
            raise XenError(
                f"{entry.path} is the config file of {want.name} itself, and every file in that folder is started at "
                "boot. Move it to another folder and name that with `config`.",
                error_id="autostart_file",
            )
        return Change(
            REMOVE,
            f"remove {entry.text}",
            entry,
            (FileDiff(entry.path, _shown(entry.path), None),),
            bool(want.enabled),
            True,
        )

    def _add(self, want: Want, mine: tuple[Entry, ...]) -> Change:
        path = os.path.join(self.directory, _link_name(want.name, want.order))
        if path not in [entry.path for entry in mine]:
            _require_free(path, want)
        diff = FileDiff(path, None, f"link to {want.config}\n")
        return Change(ADD, f"link {path} to {want.config}", (path, want.config), (diff,), True, False)

    def _move(self, kept: Entry, want: Want) -> list[Change]:
        if want.order is None or kept.order == want.order:
            return []
        if kept.kind == FILE:
            raise XenError(
                f"{kept.path} is the config file of {want.name} itself, not a link, so its name, and with it the "
                "order, stays. Move it to another folder and name that with `config`.",
                error_id="autostart_file",
            )
        path = os.path.join(self.directory, _link_name(kept.name, want.order))
        _require_free(path, want)
        shown = _shown(kept.path)
        diff = (FileDiff(kept.path, shown, None), FileDiff(path, None, shown))
        return [Change(MOVE, f"rename {kept.path} to {path}", (kept.path, path), diff, want.order, kept.order)]

    def _delay(self, want: Want) -> list[Change]:
        """One pause serves all guests: it is made longer when it is too short, and never shorter."""
        if not want.delay or (self.pause is not None and self.pause >= want.delay):
            return []
        if not self._script_pauses() or not self.settings:
            raise XenError(
                "The script xendomains of this host has no pause between two guests (Debian's own has none). "
                "Leave autostart_delay out.",
                error_id="autostart_delay_unsupported",
            )
        text = f"set {PAUSE}={want.delay * _MICROSECONDS} in {self.settings}"
        changes = self._with_pause(want).changes()
        return [
            Change(
                DELAY,
                text,
                want,
                tuple(FileDiff(path, *texts) for path, texts in changes.items()),
                want.delay,
                self.pause,
            )
        ]

    # doing

    def carry_out(self, change: Change) -> None:
        """
        :raises XenError: it is not so afterwards, or something else was faster.
        """
        if change.kind == REMOVE:
            os.unlink(change.data.path)
        elif change.kind == DELAY:
            self._set_pause(change.data)
        else:
            source, target = change.data
            path = source if change.kind == ADD else target
            if os.path.lexists(path):
                raise XenError(f"{path} exists meanwhile: something else writes there, too.", path=path)
            os.makedirs(self.directory, mode=0o755, exist_ok=True)
            if change.kind == ADD:
                os.symlink(target, source)
            else:
                os.rename(source, target)
            _atomicfile.sync_directory(self.directory)

    def is_done(self, change: Change) -> bool:
        """Whether the host, as it was read, has the change."""
        if change.kind == REMOVE:
            return not os.path.lexists(change.data.path)
        if change.kind == DELAY:
            return self.pause is not None and self.pause >= change.data.delay
        source, target = change.data
        if change.kind == ADD:
            return os.path.realpath(source) == os.path.realpath(target)
        return os.path.lexists(target) and not os.path.lexists(source)

    def _with_pause(self, want: Want) -> _rcconf.RcConf:
        """
        :raises XenError: no edit of that file can bring it about.
        """
        return _rcconf.RcConf(path=self.settings or SETTINGS[0]).with_value(
            PAUSE, str((want.delay or 0) * _MICROSECONDS)
        )

    def _set_pause(self, want: Want) -> None:
        for path, (_before, after) in self._with_pause(want).changes().items():
            _atomicfile.write(path, _rcconf.to_bytes(after), backup=True)


def _link_name(name: str, order: int | None) -> str:
    """Without a number, the bare name: xendomains looks for a save of that name before it starts the guest."""
    return name if order is None else f"{order:02d}-{name}"


def _shown(path: str) -> str:
    return f"link to {os.readlink(path)}\n" if os.path.islink(path) else "file\n"


def _lost(entry: Entry, name: str) -> bool:
    """A link of the domain's name that leads nowhere: it was this domain's, before its file was moved."""
    return entry.name in (name, f"{name}.cfg") and not os.path.exists(entry.path)


def _require_free(path: str, want: Want) -> None:
    if os.path.lexists(path):
        raise XenError(
            f"{path} exists and is not {want.name}'s: it leads to {os.path.realpath(path)}. Remove or rename it.",
            error_id="autostart_taken",
            path=path,
        )
