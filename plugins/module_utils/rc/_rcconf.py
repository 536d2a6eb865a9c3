# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""rc.conf(5): what a variable is, and how to change it without touching anything else.

The order is that of rc.subr(8), load_rc_config: /etc/rc.conf, which itself sources /etc/defaults/rc.conf, then
/etc/rc.conf.d/NAME where NAME is the ``name`` of the rc.d script. The last assignment wins. Files are never run: a
value that only a shell could tell has ``value`` None and a ``reason``.
"""

from __future__ import annotations

import os
import re
from typing import Callable, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConfigSyntaxError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf_edit, _rcconf_parser
from ansible_collections.netbsd.xen.plugins.module_utils.rc._rcconf_edit import literal_words
from ansible_collections.netbsd.xen.plugins.module_utils.rc._rcconf_eval import Doubt, Evaluator, Place, Setting

__all__ = ["RcConf", "check_name", "check_syntax", "literal_words", "read_text", "to_bytes", "yes"]

RC_CONF = "/etc/rc.conf"
RC_CONF_D = "/etc/rc.conf.d"
DEFAULTS = "/etc/defaults/rc.conf"
_TRUE = ("yes", "true", "on", "1")
_FALSE = ("no", "false", "off", "0")


def read_text(path: str) -> str | None:
    """The text of a file with every byte kept, None when there is no such file.

    :raises XenError: it is there and cannot be read.
    """
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as stream:
            return stream.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise XenError(f"Cannot read {path}: {error.strerror}.") from error


def to_bytes(text: str) -> bytes:
    """What ``read_text`` has read, for writing."""
    return text.encode("utf-8", "surrogateescape")


def yes(value: str | None) -> bool | None:
    """checkyesno of rc.subr(8); None for what is neither, which rc.subr warns of and takes as no."""
    lowered = (value or "").lower()
    if lowered in _TRUE:
        return True
    return False if lowered in _FALSE else None


def check_syntax(text: str, path: str) -> None:
    """
    :raises ConfigSyntaxError: sh could not read this, with line and column.
    """
    _rcconf_parser.parse(text, path)


class RcConf:
    """The variables as one rc.d script sees them. Edits give a new RcConf; nothing is written.

    :param script: the ``name`` of the rc.d script (xendomains, xenwatchdog), whose file in rc.conf.d is read last.
        Empty: rc.conf alone.
    :param path: read this one file instead, alone.
    :param edited: texts that replace those on disk, by path.
    :raises ConfigSyntaxError: a file is not what sh could read, with line and column.
    """

    def __init__(
        self,
        script: str = "",
        path: str = "",
        reader: Callable[[str], str | None] = read_text,
        edited: dict[str, str] | None = None,
    ) -> None:
        self.script = script
        self.path = path
        self.edited = dict(edited or {})
        self._reader = reader
        evaluator = Evaluator(self.text_of)
        for one in self.paths:
            evaluator.source(one)
        self._settings = evaluator.settings
        self.doubts: list[Doubt] = evaluator.doubts

    @property
    def paths(self) -> list[str]:
        """The files that may be edited, in the order in which they are read."""
        if self.path:
            return [self.path]
        return [RC_CONF, *([os.path.join(RC_CONF_D, self.script)] if self.script else [])]

    def text_of(self, path: str) -> str | None:
        return self.edited[path] if path in self.edited else self._reader(path)

    # reading

    def setting(self, name: str) -> Setting:
        """The variable; one that nothing sets has an empty ``value`` and no ``path``."""
        return self._settings.get(name) or Setting(name, "")

    def is_set(self, name: str) -> bool:
        return name in self._settings

    def value(self, name: str) -> str | None:
        """Its value: empty when it is not set, None when only a shell could tell."""
        return self.setting(name).value

    def enabled(self, name: str) -> bool:
        """Whether rc(8) would start what this rcvar is for."""
        return yes(self.value(name)) is True

    def words(self, name: str) -> list[str] | None:
        """Its value as a list of words; None when only a shell could tell."""
        value = self.value(name)
        return None if value is None else value.split()

    def certain_words(self, name: str) -> list[str]:
        """The words that are in it in any case: where only a shell could tell the rest, what the text itself lists."""
        words = self.words(name)
        if words is not None:
            return words
        found: list[str] = []
        for place in self.setting(name).chain:
            found += literal_words(place.assignment)
        return found

    # editing

    def with_value(self, name: str, value: str) -> RcConf:
        """The variable set to ``value``: in its place where it has one, else in a new last line of rc.conf.

        :raises XenError: no edit of these files can bring it about.
        """
        check_name(name)
        if self.is_set(name) and self.value(name) == value:
            return self
        return self._first_that_gives(name, value, self._candidates(name, value))

    def without(self, name: str) -> RcConf:
        """The variable no longer assigned by these files; what /etc/defaults/rc.conf says counts again.

        :raises XenError: an assignment stands where only a shell knows whether it is reached.
        """
        conf = self
        while conf.setting(name).path in self.paths:
            chain = conf.setting(name).chain
            if not chain or chain[-1].path not in self.paths:
                raise _in_the_way(conf.setting(name))
            conf = conf._with_text(chain[-1].path, _rcconf_edit.without(conf._text(chain[-1]), chain[-1]))
        return conf

    def with_words(self, name: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> RcConf:
        """The variable, a list of words, with some added to its end and some taken out.

        :raises XenError: no edit of these files can bring it about.
        """
        check_name(name)
        for word in add:
            if not word or re.search(r"\s", word):
                raise BadValue("add", word, f"a word of the list {name} must not be empty and must have no blanks.")
        conf = self._without_words(name, remove)
        missing = [word for word in dict.fromkeys(add) if word not in conf.certain_words(name)]
        if not missing:
            return conf
        wanted = None if conf.value(name) is None else [*(conf.words(name) or []), *missing]
        chain = conf.setting(name).chain
        if chain and chain[-1].path in self.paths:
            place = chain[-1]
            edited = _rcconf_edit.list_with(conf._text(place), place.assignment, missing)
            return conf._with_text(place.path, edited)._require_words(name, missing, wanted)
        return conf.with_value(name, " ".join(wanted or missing))

    def with_word_before(self, name: str, word: str, follower: str | None) -> RcConf:
        """A word that is not in the list yet, put before another one; at the end for no ``follower``.

        :raises XenError: no edit of these files can bring it about.
        """
        words = self.words(name)
        if follower is None or words is None or follower not in words:
            return self.with_words(name, add=[word])
        wanted = [*words]
        wanted.insert(words.index(follower), word)
        for place in self.setting(name).chain:
            if place.path in self.paths:
                edited = _rcconf_edit.list_inserted(self._text(place), place.assignment, word, follower)
                conf = self if edited is None else self._with_text(place.path, edited)
                if conf.words(name) == wanted:
                    return conf
        return self.with_value(name, " ".join(wanted))

    def _without_words(self, name: str, remove: Sequence[str]) -> RcConf:
        conf = self
        while True:
            places = [place for place in conf.setting(name).chain if place.path in self.paths]
            for place in places:
                text = conf._text(place)
                edited = _rcconf_edit.list_without(text, place.assignment, remove)
                if edited != text:
                    conf = conf._with_text(place.path, edited)
                    break
            else:
                break
        left = [word for word in conf.certain_words(name) if word in remove]
        if not left:
            return conf
        if conf.value(name) is None:
            raise _in_the_way(conf.setting(name))
        return conf.with_value(name, " ".join(word for word in conf.words(name) or [] if word not in remove))

    def _candidates(self, name: str, value: str) -> list[RcConf]:
        found = []
        chain = self.setting(name).chain
        if chain and chain[-1].path in self.paths:
            place = chain[-1]
            found.append((place.path, _rcconf_edit.with_value(self._text(place), place.assignment, value)))
        for path in self.paths:
            text = self.text_of(path)
            if text is not None or path in (RC_CONF, self.path):
                found.append((path, _rcconf_edit.appended(text or "", name, value)))
        conversions = []
        for path, text in found:
            try:
                conversions.append(self._with_text(path, text))
            except ConfigSyntaxError:
                continue
        return conversions

    def _first_that_gives(self, name: str, value: str, candidates: list[RcConf]) -> RcConf:
        for conf in candidates:
            if conf.is_set(name) and conf.value(name) == value:
                return conf
        raise _in_the_way(self.setting(name) if self.is_set(name) or not candidates else candidates[-1].setting(name))

    def _require_words(self, name: str, missing: list[str], wanted: list[str] | None) -> RcConf:
        certain = self.certain_words(name)
        if (wanted is not None and self.words(name) != wanted) or any(word not in certain for word in missing):
            raise _in_the_way(self.setting(name))
        return self

    def _text(self, place: Place) -> str:
        return self.text_of(place.path) or ""

    def _with_text(self, path: str, text: str) -> RcConf:
        return RcConf(self.script, self.path, self._reader, {**self.edited, path: text})

    def changes(self) -> dict[str, tuple[str | None, str]]:
        """The texts before and after, by path, of the files that the edits change; before is None for a new file."""
        return {path: (self._reader(path), text) for path, text in self.edited.items() if self._reader(path) != text}


def check_name(name: str) -> None:
    """
    :raises BadValue: no shell variable can have this name.
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        hint = ""
        if "-" in name:
            hint = " The variable of an rc.d script need not be the script's name: that of xen-watchdog is xenwatchdog."
        raise BadValue("name", name, f"this cannot be the name of a variable in rc.conf.{hint}")


def _in_the_way(setting: Setting) -> XenError:
    where = f"{setting.path}: line {setting.line}: " if setting.path else ""
    why = setting.reason or "what stands there wins over any line that could be added"
    return XenError(
        f"{where}{setting.name} cannot be changed here: {why}. Edit the file by hand.",
        error_id="rc_conf_too_clever",
        path=setting.path,
        line=setting.line,
    )
