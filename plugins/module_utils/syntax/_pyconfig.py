# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""xm's config files, which are Python: read as data and never run, edited without touching what is not meant.

The same interface as ``_xlcfg``. Source: Opts.load() of tools/python/xen/xm/opts.py, Xen 3.1 to 4.2: the file is run by
Python 2, and each name that is then a string, a list, an integer or a float is a setting, unknown ones too. Others
(True, None, tuples, functions, modules) are passed over.

A text is handled as Python 2 handles it, byte by byte: ``_data`` holds one character a byte.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConfigSyntaxError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._pyconfig_eval import Outside, Unreadable
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._pyconfig_reader import Reader, Setting
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._pyconfig_write import (
    Lines,
    edited_value,
    is_literal,
    normalise,
    render_setting,
    without,
)
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg import Value, to_long
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_render import Number

_ERROR_ID = "config_code"
# Python 3 knows these, the Python 2 of xm does not
_NEWER = (ast.AnnAssign, ast.JoinedStr, ast.NamedExpr, ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Nonlocal)
_PRINT = re.compile(r"^\s*print\b(?!\s*[(=])")
# sys.maxint of a 32-bit dom0 is less, but such numbers are no settings anyway
_LONG = 2**63


def parse(text: str, path: str = "<config>", given: dict[str, Any] | None = None) -> Document:
    """Read a config file.

    :param path: what error messages call the text.
    :param given: variables that xm's command line sets before the file is read.
    :raises ConfigSyntaxError: it is no Python that xm could load.
    """
    return Document(text, path, given)


def new_document(items: Sequence[tuple[str, Any]], header: str = "") -> str:
    """The text of a new config file, in Python that is also xl's language.

    :param items: keys with their values, in the order to write.
    :param header: text for a comment above the settings, without the ``#``.
    :raises BadValue: for a key or value that xm could not read.
    """
    lines = [f"# {line}".rstrip() + "\n" for line in header.splitlines()]
    lines += ["\n"] if lines else []
    return "".join(lines) + "".join(render_setting(key, value) for key, value in items)


class Document:
    """A config file: its values, and its text, which edits change only where they must."""

    def __init__(self, text: str, path: str = "<config>", given: dict[str, Any] | None = None) -> None:
        self._path = path
        self._given = given or {}
        self._read(text.encode("utf-8", "surrogateescape").decode("latin-1"))

    def _read(self, data: str) -> None:
        self._reader = Reader(_body(data, self._path), self._given)
        self._data = data

    def render(self) -> str:
        """The text, byte for byte but for the edits."""
        return _to_text(self._data)

    def keys(self) -> list[str]:
        """The names that are settings, or may be, in the order of their first appearance."""
        return [name for name, value in self._reader.names.items() if _is_setting(value)]

    def get(self, key: str) -> Value | None:
        """The value: text (numbers too), a list of it, or None for what is not set or what xm passes over.

        :raises XenError: it is made by code; the message has line and reason.
        """
        value = self._reader.names.get(key)
        if isinstance(value, Unreadable):
            raise XenError(
                f"{self._path}: line {value.line}: {key} is not known: {value.reason}. xm's config files are Python; "
                "they are read as data and never run. Write the value itself there.",
                error_id=_ERROR_ID,
                path=self._path,
                line=value.line,
            )
        return _as_value(value) if _is_setting(value) else None

    def as_dict(self) -> dict[str, Value]:
        """All settings that can be read, with their values."""
        values = self._reader.names.items()
        return {name: _as_value(value) for name, value in values if _is_setting(value) and not _is_unknown(value)}

    def unreadable(self) -> dict[str, tuple[int, str]]:
        """The line and the reason for each name whose value code makes."""
        values = self._reader.names.items()
        return {name: (value.line, value.reason) for name, value in values if isinstance(value, Unreadable)}

    def passed_over(self) -> dict[str, tuple[int, str]]:
        """The line and the type of what looks like a setting and is none for xm, such as ``vnc = True``."""
        found = {}
        for name, value in self._reader.names.items():
            if not isinstance(value, (Unreadable, Outside)) and not _is_setting(value):
                found[name] = (self._reader.lines[name], type(value).__name__)
        return found

    def computed(self) -> dict[str, int]:
        """The line of each setting that is known, and is not written as a plain value."""
        lines = {name: line for name, (line, _how) in self._reader.odd.items()}
        for name, settings in self._reader.settings.items():
            if not all(is_literal(setting.value) for setting in settings):
                lines.setdefault(name, self._reader.lines[name])
        return {name: line for name, line in lines.items() if _is_setting(self._reader.names.get(name))}

    def line_of(self, key: str) -> int:
        """The line (from 1) of the last statement that sets the key.

        :raises KeyError: for a key that is not set.
        """
        return self._reader.lines[key]

    def set(self, key: str, value: Any) -> None:
        """Give a key this value (str, int, bool or a list of these), changing as few bytes as possible.

        Nothing changes when it has this value already; an int equals any spelling of the number. A new key is added at
        the end of the file.

        :raises BadValue: for a key or value that xm could not read.
        :raises XenError: the key is set by code, or other keys are made from it; the message has the line.
        """
        new = normalise(value, key)
        if self._is_already(key, new):
            return
        if key not in self._reader.names:
            newline = "" if not self._data or self._data.endswith(("\n", "\r")) else "\n"
            after = self._data + newline + render_setting(key, new)
        else:
            first, *more = self._plain(key)
            lines = Lines(self._data)
            after = self._data
            if isinstance(new, Number) or not isinstance(new, list) or not more:
                for setting in reversed(more):
                    after = without(after, lines, setting.statement)
                after = edited_value(after, lines, first, self._reader.names[key], new, keep=not more)
            else:
                after = self._spread(lines, first, more, new)
        self._accept(key, _as_text(new), after)

    def _spread(self, lines: Lines, first: Setting, more: list[Setting], new: list[Any]) -> str:
        """A list that grows in several statements is written into the first of them."""
        after = self._data
        for setting in reversed(more):
            after = without(after, lines, setting.statement)
        return edited_value(after, lines, first, None, new, keep=False)

    def remove(self, key: str) -> None:
        """Remove all statements that set the key, each with its line if it stood there alone.

        A missing key is no error.

        :raises XenError: as ``set``.
        """
        if key not in self._reader.names:
            return
        self._plain(key)
        lines, after = Lines(self._data), self._data
        targets = [node for node in _body(self._data, self._path) if _sets(node, key)]
        for statement in sorted(targets, key=lambda node: (-node.lineno, -node.col_offset)):
            after = without(after, lines, statement)
        self._accept(key, None, after)

    def _plain(self, key: str) -> list[Setting]:
        """The statements that make the value.

        :raises XenError: one of them is more than a plain value at the top of the file.
        """
        settings = self._reader.settings.get(key, [])
        odd = self._reader.odd.get(key)
        if not odd and settings and all(is_literal(setting.value) for setting in settings):
            return settings
        how = odd[1] if odd else "made from other values"
        line = odd[0] if odd else self._reader.lines[key]
        raise self._refusal(key, line, f"it is {how}" if not how.startswith(("it ", "the ")) else how)

    def _refusal(self, key: str, line: int, why: str) -> XenError:
        return XenError(
            f"{self._path}: line {line}: {key} cannot be changed here, because {why}. Change it by hand, "
            f"or write `{key} = VALUE` on a line of its own in its place.",
            error_id=_ERROR_ID,
            path=self._path,
            line=line,
        )

    def _accept(self, key: str, wanted: Value | None, after: str) -> None:
        """Take the new text if it says what it shall, and of all other keys what it said before.

        :raises XenError: it does not; the document stays as it was.
        """
        before = self._others(key)
        line = self._reader.lines.get(key, 1)
        old = self._data
        self._read(after)
        try:
            changed = [name for name, value in self._others(key).items() if before.get(name) != value]
            missing = [name for name in before if name not in self._others(key)]
            if changed or missing:
                raise self._refusal(key, line, f"{', '.join(changed + missing)} would change with it")
            if self.get(key) != wanted:
                raise self._refusal(key, line, "the file would not say what it shall")
        except XenError:
            self._read(old)
            raise

    def _others(self, key: str) -> dict[str, Any]:
        """Everything else that the file says, in a form that can be compared."""
        names = {name: value for name, value in self._reader.names.items() if name != key}
        return {
            name: value.reason if isinstance(value, Unreadable) else value.what if isinstance(value, Outside) else value
            for name, value in names.items()
        }

    def _is_already(self, key: str, new: Any) -> bool:
        value = self._reader.names.get(key)
        if not _is_setting(value) or isinstance(value, Unreadable):
            return False
        old = _as_value(value)
        if isinstance(new, Number) and isinstance(old, str):
            try:
                return to_long(old) == int(new)
            except ValueError:
                return False
        return _as_text(new) == old and isinstance(value, list) == isinstance(new, list)


def _body(data: str, path: str) -> list[ast.stmt]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
        newer = next((node for node in ast.walk(tree) if isinstance(node, _NEWER)), None)
    except SyntaxError as error:
        raise _syntax_error(data, path, error) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ConfigSyntaxError(path, 1, 1, f"this is no config file of xm: {error or 'nested too deeply'}.") from None
    if newer is not None:
        line, column = getattr(newer, "lineno", 1), getattr(newer, "col_offset", 0) + 1
        raise ConfigSyntaxError(path, line, column, "xm's Python 2 does not know this syntax.")
    return tree.body


def _syntax_error(data: str, path: str, error: SyntaxError) -> ConfigSyntaxError:
    line, column = error.lineno or 1, error.offset or 1
    lines = re.split(r"\r\n|\r|\n", data)
    said = lines[line - 1] if line <= len(lines) else ""
    hint = "xm's config files are Python."
    if _PRINT.search(said):
        hint = "A print statement of Python 2 cannot be read as data; take it out, a config file has no use for it."
    elif re.search(r"(?<![\w.])0[0-9]+(?![\w.])|[0-9][lL]\b", said):
        hint = "An old octal (0755) or long (5L) number of Python 2: write it in decimal."
    return ConfigSyntaxError(path, line, column, f"{error.msg}.", hint)


def _sets(node: ast.stmt, key: str) -> bool:
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    return isinstance(target, ast.Name) and target.id == key


def _is_setting(value: Any) -> bool:
    """Whether xm takes it for a setting; what is not known may be one."""
    if isinstance(value, Unreadable):
        return True
    if isinstance(value, int):
        return not isinstance(value, bool) and -_LONG <= value < _LONG
    return isinstance(value, (str, list, float))


def _is_unknown(value: Any) -> bool:
    return isinstance(value, Unreadable)


def _as_value(value: Any) -> Value:
    """As ``_xlcfg`` has it: text, or lists of it. xm makes a whole number of a float where it wants one."""
    if isinstance(value, (list, tuple)):
        return [_as_value(item) for item in value]
    if isinstance(value, str):
        return _to_text(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(int(value)) if isinstance(value, bool) else str(value)


def _to_text(data: str) -> str:
    """Bytes of a file as text. A character beyond them came from an escape that Python 2 does not know."""
    return data.encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def _as_text(value: Any) -> Value:
    """A normalised value as it will be read back."""
    return [_as_text(item) for item in value] if isinstance(value, list) else str(value)
