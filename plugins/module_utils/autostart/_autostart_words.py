# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Start at boot on a NetBSD dom0: the words of ``xendomains`` in rc.conf(5), started in their order.

Source: pkgsrc sysutils/xentools420/files/xendomains.sh. For each word it runs ``printf "$xendomains_prehook" WORD`` if
that is executable (the domain is passed over when it fails), then ``xl create`` on ``printf "$xendomains_config"
WORD``; a file that is not there is passed over silently. There is no rcvar: ``YES`` would be a domain called YES.

The words themselves hold the order. What number a task gave a domain is kept in ``xendomains_order`` ("web:10 db:20"),
which no script of the system reads, so that guests can be declared in any order, one at a time.
"""

from __future__ import annotations

import os
import re
from typing import Any, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.autostart._autostart_model import (
    ADD,
    DELAY,
    HOOK,
    MOVE,
    REMOVE,
    WORD,
    Change,
    Entry,
    FileDiff,
    Want,
)
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile, _host
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf

VARIABLE = "xendomains"
FORMAT, PREHOOK, ORDER = "xendomains_config", "xendomains_prehook", "xendomains_order"
SCRIPT = "/etc/rc.d/xendomains"
HOOK_MODE = 0o755
_MARK = "written by Ansible (netbsd.xen.xen_domain, autostart_delay)"
_SLEEP = re.compile(r"^sleep (\d+)$", re.MULTILINE)
_NUMBERED = re.compile(r"(.+):(\d+)")
_LAST = float("inf")


class Words:
    """The list of this host, as it was when this was made."""

    mechanism = "rc.conf"

    def __init__(self) -> None:
        self.conf = _rcconf.RcConf(VARIABLE)
        self.words = self.conf.certain_words(VARIABLE)
        self.format = self._pattern(FORMAT, "%s")
        self.prehook = self._pattern(PREHOOK, "%s-pre")
        self.orders = _orders(self.conf)
        self.entries = self._entries()

    # reading

    def _pattern(self, variable: str, suffix: str) -> str | None:
        """A printf format of paths, with the default of the script; None when only a shell could tell."""
        if not self.conf.is_set(variable):
            return os.path.join(_host.layout().config_dir, suffix)
        return self.conf.value(variable)

    def path_of(self, word: str) -> str:
        """Where the script looks for the config file; empty when that cannot be told, or it looks nowhere."""
        return _filled(self.format, word)

    def word_of(self, config: str) -> str | None:
        """The word that leads to this config file; None when none does."""
        before, placeholder, after = (self.format or "").partition("%s")
        for path in (config, os.path.realpath(config)):
            word = path[len(before) : len(path) - len(after)]
            if placeholder and word and not re.search(r"\s", word) and self.path_of(word) == path:
                return word
        return None

    def _entries(self) -> list[Entry]:
        found = []
        for place in self.conf.setting(VARIABLE).chain:
            for word in _rcconf.literal_words(place.assignment):
                config = self.path_of(word)
                found.append(
                    Entry(
                        name=word,
                        path=place.path,
                        text=f"{word} from {VARIABLE} in {place.path}",
                        kind=WORD,
                        config=os.path.realpath(config) if config else "",
                        order=self.orders.get(word),
                    )
                )
        # chain tells the places; the words tell the order in which the guests are started
        return sorted(found, key=lambda entry: self.words.index(entry.name) if entry.name in self.words else len(found))

    def of(self, name: str, config: str) -> tuple[Entry, ...]:
        """The entries that start this domain, or were meant to."""
        real = os.path.realpath(config)
        return tuple(
            entry
            for entry in self.entries
            if entry.config == real or (entry.name == name and not os.path.isfile(entry.config))
        )

    def traces(self, name: str, config: str) -> tuple[Entry, ...]:
        """``of``, and the hooks of ours beside them: all that must go with the domain."""
        entries = self.of(name, config)
        hooks = dict.fromkeys(self._hook(entry.name) for entry in entries)
        return entries + tuple(
            Entry(name, hook, hook, HOOK) for hook in hooks if hook and _seconds(_rcconf.read_text(hook)) is not None
        )

    def starts(self, name: str, config: str) -> bool:
        """Whether the host starts this domain at boot. The file may be missing: that is told as a problem."""
        return bool(self.of(name, config))

    def _hook(self, word: str) -> str:
        """The path of the command that the script runs before it starts a domain; empty for none."""
        return _filled(self.prehook, word).partition(" ")[0]

    def own_delay(self, entry: Entry) -> int | None:
        """Seconds that a hook of ours waits before the start."""
        hook = self._hook(entry.name)
        return _seconds(_rcconf.read_text(hook)) if hook else None

    def problems(self) -> list[str]:
        """What keeps the list from being looked at."""
        found = []
        if not os.path.isfile(SCRIPT):
            found.append(
                f"There is no {SCRIPT}: no guest is started at boot. Copy it from /usr/pkg/share/examples/rc.d."
            )
        for variable, value in ((VARIABLE, self.conf.value(VARIABLE)), (FORMAT, self.format)):
            if value is None:
                found.append(f"{variable}: {self.conf.setting(variable).reason}; only what is certain is told.")
        if self.format == "":
            found.append(f"{FORMAT} is set to nothing in rc.conf: no guest is started at boot.")
        return found

    def told(self) -> dict[str, Any]:
        """The mechanism as a return value."""
        where = self.conf.setting(VARIABLE).path or _rcconf.RC_CONF
        return {"mechanism": self.mechanism, "where": where, "config_format": self.format, "pause": None}

    # planning

    def changes(self, want: Want) -> list[Change]:
        """What brings about what is wanted.

        :raises XenError: it cannot be brought about, with the cure.
        """
        if want.enabled is None and not want.going:
            return []
        if not want.enabled:
            return list(dict.fromkeys(self._removal(entry) for entry in self.traces(want.name, want.config)))
        word = self._require_word(want)
        changes = self._delay(want, word)
        conf = self._with(want, word)
        files = " and ".join(sorted(conf.changes()))
        diff = _diff(conf)
        if not self.of(want.name, want.config):
            changes.append(Change(ADD, f"add {word} to {VARIABLE} in {files}", want, diff, True, False))
        elif files:
            same = conf.certain_words(VARIABLE) == self.words
            what = (
                f"{ORDER}={conf.value(ORDER)!r}" if same else f"{VARIABLE}={' '.join(conf.certain_words(VARIABLE))!r}"
            )
            found = next((entry.order for entry in self.of(want.name, want.config)), None)
            changes.append(Change(MOVE, f"set {what} in {files}", want, diff, want.order, found))
        return changes

    def _require_word(self, want: Want) -> str:
        word = self.word_of(want.config)
        if word is not None:
            return word
        if not self.format:
            reason = f"{FORMAT} is set to nothing in rc.conf" if self.format == "" else "only a shell could tell where"
            raise XenError(
                f"xendomains would not find {want.config}: {reason}. Remove {FORMAT} from rc.conf.",
                error_id="autostart_config",
            )
        looked = self.path_of(want.name)
        raise XenError(
            f"xendomains would not find {want.config}: for {want.name} it looks for {looked} ({FORMAT}, with the "
            f"word {want.name} for its %s), and passes over a file that is not there silently. "
            f"Keep the config file there (`config: {looked}`), or set {FORMAT} in rc.conf.",
            error_id="autostart_config",
            looked_for=looked,
        )

    def _with(self, want: Want, word: str) -> _rcconf.RcConf:
        """The variables as they shall be: once in the list, at its place, and its number noted.

        :raises XenError: no edit of these files can bring it about.
        """
        mine = [entry.name for entry in self.of(want.name, want.config)]
        if want.instead_of:
            former = os.path.realpath(want.instead_of)
            mine += [entry.name for entry in self.entries if entry.config == former]
        orders = {name: order for name, order in self.orders.items() if name not in mine or name == word}
        if want.order is not None:
            orders[word] = want.order
        words = _placed(self.words, word, [name for name in mine if name != word], orders, want.order is not None)
        conf = self.conf
        if words != self.words:
            follower = words[words.index(word) + 1 :]
            gone = [name for name in dict.fromkeys(self.words) if name == word or name not in words]
            conf = conf.with_words(VARIABLE, remove=gone)
            conf = conf.with_word_before(VARIABLE, word, follower[0] if follower else None)
        return _with_orders(conf, self.orders, orders)

    def _delay(self, want: Want, word: str) -> list[Change]:
        """A pause before the start, as the script's own pre-hook."""
        if want.delay is None:
            return []
        hook = self._hook(word)
        text = _rcconf.read_text(hook) if hook else None
        has = 0 if text is None else _seconds(text)
        if has == want.delay:
            return []
        if not hook or hook != _filled(self.prehook, word):
            raise XenError(
                f"{PREHOOK} in rc.conf is {self.prehook!r}, which leaves no place for a hook of one domain alone. "
                "Remove it from rc.conf, or leave autostart_delay out.",
                error_id="autostart_delay_unsupported",
            )
        if has is None:
            raise XenError(
                f"{hook} is a hook of your own. Put `sleep {want.delay}` into it, and leave autostart_delay out.",
                error_id="autostart_foreign_hook",
                path=hook,
            )
        what = f"write {hook}: sleep {want.delay}" if want.delay else f"remove {hook}"
        after = _hook_text(word, want.delay) if want.delay else None
        return [Change(DELAY, what, (hook, word, want.delay), (FileDiff(hook, text, after),), want.delay, has)]

    def _removal(self, entry: Entry) -> Change:
        if entry.kind == HOOK:
            diff: tuple[FileDiff, ...] = (FileDiff(entry.path, _rcconf.read_text(entry.path), None),)
        else:
            diff = _diff(self._without(entry))
        return Change(REMOVE, f"remove {entry.text}", entry, diff, False, True)

    # doing

    def carry_out(self, change: Change) -> None:
        """
        :raises XenError: the files say otherwise afterwards, or cannot be written.
        """
        if change.kind == DELAY:
            _write_hook(*change.data)
        elif change.kind == REMOVE:
            self._remove(change.data)
        else:
            _write(self._with(change.data, self._require_word(change.data)))

    def is_done(self, change: Change) -> bool:
        """Whether the host, as it was read, has the change."""
        if change.kind == REMOVE:
            hook = change.data.kind == HOOK
            return not os.path.exists(change.data.path) if hook else change.data.name not in self.words
        if change.kind == DELAY:
            hook, _word, delay = change.data
            return (_seconds(_rcconf.read_text(hook)) or 0) == delay
        return not any(left.kind in (ADD, MOVE) for left in self.changes(change.data))

    def _remove(self, entry: Entry) -> None:
        if entry.kind == HOOK:
            os.unlink(entry.path)
        else:
            _write(self._without(entry))

    def _without(self, entry: Entry) -> _rcconf.RcConf:
        conf = self.conf.with_words(VARIABLE, remove=[entry.name])
        kept = {word: order for word, order in self.orders.items() if word != entry.name}
        return _with_orders(conf, self.orders, kept)


def _filled(pattern: str | None, word: str) -> str:
    """What printf(1) makes of a format with one %s."""
    return (pattern or "").replace("%s", word)


def _orders(conf: _rcconf.RcConf) -> dict[str, int]:
    matches = (_NUMBERED.fullmatch(item) for item in conf.certain_words(ORDER))
    return {match.group(1): int(match.group(2)) for match in matches if match}


def _with_orders(conf: _rcconf.RcConf, before: dict[str, int], after: dict[str, int]) -> _rcconf.RcConf:
    """The numbers noted; the variable goes with its last one."""
    if before == after:
        return conf
    if not after:
        return conf.without(ORDER)
    gone = [f"{word}:{order}" for word, order in before.items() if after.get(word) != order]
    new = [f"{word}:{order}" for word, order in after.items() if before.get(word) != order]
    return conf.with_words(ORDER, add=new, remove=gone)


def _placed(words: Sequence[str], word: str, others: list[str], orders: dict[str, int], sort: bool) -> list[str]:
    """The list with ``word`` in it once and ``others`` not: in the place of the first of them, else at the end.

    :param sort: it stands before the first word with a higher number, or with none, unless that is so already.
    """
    old = [each for each in words if each == word or each in others]
    at = list(words).index(old[0]) if old else len(words)
    rest = [each for each in words if each not in old]
    at -= sum(each in old for each in words[:at])
    if sort:
        number = orders[word]
        before, after = rest[:at], rest[at:]
        if (
            not old
            or any(orders.get(each, _LAST) > number for each in before)
            or any(orders.get(each, _LAST) < number for each in after)
        ):
            at = next((index for index, each in enumerate(rest) if orders.get(each, _LAST) > number), len(rest))
    return [*rest[:at], word, *rest[at:]]


def _diff(conf: _rcconf.RcConf) -> tuple[FileDiff, ...]:
    return tuple(FileDiff(path, before, after) for path, (before, after) in conf.changes().items())


def _write(conf: _rcconf.RcConf) -> None:
    for path, (_before, after) in conf.changes().items():
        _atomicfile.write(path, _rcconf.to_bytes(after), backup=True)
        if _rcconf.read_text(path) != after:
            raise XenError(f"{path} does not hold what was written to it: something else writes it, too.", path=path)


def _seconds(text: str | None) -> int | None:
    """How long a hook of ours waits; None for a hook of the user's, or none."""
    match = _SLEEP.search(text) if text and _MARK in text else None
    return int(match.group(1)) if match else None


def _write_hook(path: str, word: str, delay: int) -> None:
    if not delay:
        os.unlink(path)
        return
    _atomicfile.write(path, _hook_text(word, delay).encode(), new_mode=HOOK_MODE)


def _hook_text(word: str, delay: int) -> str:
    return f"#!/bin/sh\n# A pause before {word} is started at boot: {_MARK}.\nsleep {delay}\n"
