# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The statements of a Python config file, one after the other: which names it leaves behind, with which values.

Nothing is run. A name whose value cannot be known stays ``Unreadable``: set in a loop, in a condition on something
unknown, by a call. What such code might have changed besides is taken for unknown, too.
"""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.syntax._pyconfig_eval import (
    Evaluator,
    Outside,
    Unreadable,
    dotted,
    fits,
)

_MUTATORS = ("append", "extend", "insert", "remove", "reverse", "sort", "pop")
# after these any name may be another thing
_ANYTHING = frozenset(("exec", "execfile", "eval", "locals", "globals", "vars", "setattr", "compile", "__import__"))


class Setting(NamedTuple):
    """One statement that gives a name its value, or changes it.

    :param name: what it sets.
    :param statement: the whole statement.
    :param target: the name in it.
    :param value: the expression.
    :param adds: it is ``+=``.
    """

    name: str
    statement: ast.stmt
    target: ast.expr
    value: ast.expr
    adds: bool


class Reader:
    """
    :param given: names that are set before the first statement.
    :ivar names: what each name stands for at the end: data, ``Unreadable``, or ``Outside``.
    :ivar settings: the plain statements that made the value of a name, those that still count.
    :ivar odd: names whose value was not made by plain statements alone, with the line and how it was.
    :ivar lines: the line of the last statement that set the name.
    """

    def __init__(self, body: list[ast.stmt], given: dict[str, Any] | None = None) -> None:
        self.names: dict[str, Any] = {}
        self.settings: dict[str, list[Setting]] = {}
        self.odd: dict[str, tuple[int, str]] = {}
        self.lines: dict[str, int] = {}
        self._evaluator = Evaluator(self.names)
        self._inside = ""
        for name, value in (given or {}).items():
            self._bind(name, value, None, 0, "given on the command line")
        self._run(body)

    def _run(self, body: list[ast.stmt]) -> None:
        for statement in body:
            getattr(self, f"_{type(statement).__name__.lower()}", self._unknown)(statement)

    def _grown(self, owner: Any, line: int) -> None:
        """A list that was added to in place may be in other lists, or in itself."""
        if not fits(owner):
            self._lose_all(line, "the value is too large for a config file")

    # Names

    def _bind(self, name: str, value: Any, setting: Setting | None, line: int, how: str = "") -> None:
        self.names[name] = value
        self.lines[name] = line
        self.odd.pop(name, None)
        self.settings[name] = [setting] if setting else []
        if self._inside or how:
            self.odd[name] = (line, self._inside or how)

    def _lose(self, name: str, line: int, reason: str) -> None:
        self._bind(name, Unreadable(line, reason), None, line, reason)

    def _lose_all(self, line: int, reason: str) -> None:
        for name, value in list(self.names.items()):
            if not isinstance(value, (Outside, Unreadable)):
                self._lose(name, line, reason)

    def _lose_touched(self, node: ast.AST, line: int, reason: str) -> None:
        """Code may change the lists that it names, whatever else it does."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                if isinstance(self.names.get(part.id), (list, dict)):
                    self._lose_object(self.names[part.id], line, reason)
                if isinstance(part.ctx, (ast.Store, ast.Del)):
                    self._lose(part.id, line, reason)
            elif isinstance(part, ast.Call) and dotted(part.func) in _ANYTHING:
                self._lose_all(line, f"{dotted(part.func)}() may set anything")

    def _lose_object(self, lost: Any, line: int, reason: str) -> None:
        """A list has as many names as it was given, and may stand in other lists."""
        for name in [name for name, value in self.names.items() if value is lost or _holds(value, lost)]:
            self._lose(name, line, reason)

    def _value(self, node: ast.expr) -> Any:
        """The value of an expression, or what makes it unreadable; then its calls may have changed lists."""
        try:
            return self._evaluator.value(node)
        except Unreadable as error:
            if any(isinstance(part, ast.Call) for part in ast.walk(node)):
                self._lose_touched(node, error.line, error.reason)
            return error

    # Statements

    def _assign(self, statement: ast.Assign) -> None:
        value = self._value(statement.value)
        how = "set together with other names" if len(statement.targets) > 1 else ""
        for target in statement.targets:
            self._set(statement, target, value, how)

    def _set(self, statement: ast.Assign, target: ast.expr, value: Any, how: str) -> None:
        line = statement.lineno
        if isinstance(target, ast.Name):
            setting = Setting(target.id, statement, target, statement.value, False)
            self._bind(target.id, value, setting, line, how)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target, value, line)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            self._set_item(target.value.id, target, value, line)
        else:
            self._lose_touched(target, line, "changed in a way that is not followed")

    def _unpack(self, target: Any, value: Any, line: int) -> None:
        fits = isinstance(value, (list, tuple)) and len(value) == len(target.elts)
        for index, item in enumerate(target.elts):
            if fits and isinstance(item, ast.Name):
                self._bind(item.id, value[index], None, line, "set together with other names")
            else:
                self._lose_touched(item, line, "set from something that is not known")

    def _set_item(self, name: str, target: ast.Subscript, value: Any, line: int) -> None:
        place, owner = self._value(target.slice), self.names.get(name)
        try:
            if isinstance(value, Unreadable) or isinstance(place, Unreadable):
                raise TypeError
            owner[place] = value  # type: ignore[index]
        except (TypeError, LookupError, ValueError):
            self._lose_object(owner, line, "an item of it is not known")
        else:
            self.odd[name] = (line, "one item of it is set here")
            self._grown(owner, line)

    def _augassign(self, statement: ast.AugAssign) -> None:
        line, target = statement.lineno, statement.target
        if not isinstance(target, ast.Name) or target.id not in self.names:
            self._lose_touched(target, line, "added to, and not set before")
            return
        old, value = self.names[target.id], self._value(statement.value)
        if isinstance(old, (Unreadable, Outside)) or isinstance(value, Unreadable):
            reason = value.reason if isinstance(value, Unreadable) else f"{target.id} is not known before"
            self._lose_object(old, line, reason)
            return
        try:
            # + makes a new list; in Python += changes the one that other names may stand for, too
            new = self._evaluator.apply(statement.op, old, value, line)
        except Unreadable as error:
            self._lose_object(old, line, error.reason)
            return
        if isinstance(old, list) and isinstance(new, list):
            old[:] = new
            new = old
            self._grown(old, line)
        before = self.settings.get(target.id, [])
        setting = Setting(target.id, statement, target, statement.value, True)
        odd = self.odd.get(target.id)
        self._bind(target.id, new, setting, line)
        self.settings[target.id] = [*before, setting]
        if odd and target.id not in self.odd:
            self.odd[target.id] = odd
        if not isinstance(statement.op, ast.Add):
            self.odd[target.id] = (line, "computed here")

    def _if(self, statement: ast.If) -> None:
        try:
            taken = self._evaluator.value(statement.test)
        except Unreadable as error:
            for part in [*statement.body, *statement.orelse]:
                self._lose_touched(part, part.lineno, f"it depends on a condition: {error.reason}")
            return
        before, self._inside = self._inside, "set in a condition"
        self._run(statement.body if taken else statement.orelse)
        self._inside = before

    def _expr(self, statement: ast.Expr) -> None:
        """A call for its effect: known is only what adds to a list."""
        call = statement.value
        if not isinstance(call, ast.Call):
            return
        line = statement.lineno
        method = call.func
        if isinstance(method, ast.Attribute) and isinstance(method.value, ast.Name) and method.attr in _MUTATORS:
            owner = self.names.get(method.value.id)
            arguments = [self._value(argument) for argument in call.args]
            known = not any(isinstance(argument, Unreadable) for argument in arguments)
            if isinstance(owner, list) and known and method.attr in ("append", "extend", "insert"):
                try:
                    getattr(owner, method.attr)(*arguments)
                except TypeError as error:
                    self._lose_object(owner, line, f"Python would say: {error}")
                self.odd.setdefault(method.value.id, (line, f"changed by {method.attr}()"))
                self.lines[method.value.id] = line
                self._grown(owner, line)
                return
        self._lose_touched(call, line, f"the call of {dotted(call.func)} may change it")

    def _import(self, statement: ast.Import | ast.ImportFrom) -> None:
        for alias in statement.names:
            if alias.name == "*":
                self._lose_all(statement.lineno, "an import of * may set it anew")
            else:
                name = (alias.asname or alias.name).partition(".")[0]
                self._bind(name, Outside(f"the module {alias.name}"), None, statement.lineno)

    _importfrom = _import

    def _functiondef(self, statement: ast.FunctionDef | ast.ClassDef) -> None:
        self._bind(statement.name, Outside("a function or class of this file"), None, statement.lineno)

    _classdef = _functiondef

    def _delete(self, statement: ast.Delete) -> None:
        for target in statement.targets:
            if isinstance(target, ast.Name):
                for memory in (self.names, self.settings, self.odd, self.lines):
                    memory.pop(target.id, None)
            else:
                self._lose_touched(target, statement.lineno, "an item of it is deleted")

    def _pass(self, statement: ast.stmt) -> None:
        """Without effect on any name."""

    _assert = _global = _pass

    def _unknown(self, statement: ast.stmt) -> None:
        kind = type(statement).__name__.lower()
        self._lose_touched(statement, statement.lineno, f"it is set in a `{kind}`, which is not run")


def _holds(value: Any, part: Any) -> bool:
    """Whether a list that may be changed in place stands in another value; all of these are of bounded size."""
    if not isinstance(part, (list, dict)):
        return False
    todo = [value]
    while todo:
        item = todo.pop()
        if item is part:
            return True
        if isinstance(item, (list, tuple)):
            todo.extend(item)
        elif isinstance(item, dict):
            todo.extend(item.values())
    return False
