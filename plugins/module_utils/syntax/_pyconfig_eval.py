# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Values of Python expressions, worked out without running any Python: what xm's config files are written with.

Known are literals, names set before, arithmetic, ``%`` and ``+`` of strings and lists, comparisons, subscripts, and a
handful of functions that touch nothing outside (``str``, ``int``, ``len``, ``os.path.join``, methods of strings). All
else is ``Unreadable``, with the line and the reason. Numbers are those of Python 2: ``/`` of integers rounds down.

Results are bounded in size: a file cannot make us compute for long or fill the memory.
"""

from __future__ import annotations

import ast
import operator
import os.path
import re
from typing import Any, Callable

_SIZE_LIMIT = 64 * 1024
_DEPTH_LIMIT = 16
# a conversion of % with a width beyond any use, or one that is taken from the arguments
_WIDE = re.compile(r"%(?:\([^)]*\))?[-#0 +]*(?:\*|\d{4,}|\d*\.(?:\*|\d{4,}))")


class Unreadable(Exception):
    """What is not known without running the file: the line where it stands, and why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


class Outside:
    """What a name stands for that is no data: a module, a function, a class."""

    def __init__(self, what: str) -> None:
        self.what = what


def _divide(left: Any, right: Any) -> Any:
    both = isinstance(left, int) and isinstance(right, int)
    return left // right if both else left / right


def _repeat_fits(left: Any, right: Any) -> bool:
    """Before a product is made: of two numbers, or of a sequence and how often it comes."""
    for sequence, count in ((left, right), (right, left)):
        if isinstance(sequence, (str, list, tuple)):
            return not isinstance(count, int) or len(sequence) * count <= _SIZE_LIMIT
    return abs(left).bit_length() + abs(right).bit_length() < 256 if _integers(left, right) else True


def _integers(*values: Any) -> bool:
    return all(isinstance(value, int) for value in values)


_OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divide,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {"str": str, "int": int, "len": len, "list": list, "tuple": tuple}
_PATH_FUNCTIONS: dict[str, Callable[..., str]] = {
    "os.path.join": os.path.join,
    "os.path.basename": os.path.basename,
    "os.path.dirname": os.path.dirname,
}
_TEXT_METHODS = ("strip", "lstrip", "rstrip", "lower", "upper", "split", "join", "startswith", "endswith")


def fits(value: Any) -> bool:
    """Whether a value is of a reasonable size and depth; a list can hold one list many times, and itself."""
    return size(value) <= _SIZE_LIMIT


def size(value: Any) -> int:
    """How much there is of a value; counting ends beyond the limit."""
    total, todo = 0, [(value, 0)]
    while todo and total <= _SIZE_LIMIT:
        item, depth = todo.pop()
        total += 1 if depth < _DEPTH_LIMIT else _SIZE_LIMIT
        if isinstance(item, str):
            total += len(item)
        elif isinstance(item, (list, tuple)):
            todo.extend((part, depth + 1) for part in item[:_SIZE_LIMIT])
        elif isinstance(item, dict):
            todo.extend((part, depth + 1) for part in [*item, *item.values()])
    return total


class Evaluator:
    """:param names: what each name stands for; values are shared with it, as they are in Python."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names

    def value(self, node: ast.expr) -> Any:
        """
        :raises Unreadable: it is not data, or what Python makes of it is an error.
        """
        maker = getattr(self, f"_{type(node).__name__.lower()}", None)
        if maker is None:
            raise Unreadable(node.lineno, f"{_title(node)} is code, which is not run")
        try:
            found = maker(node)
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise Unreadable(node.lineno, f"Python would say: {error}") from None
        if not fits(found):
            raise Unreadable(node.lineno, "the value is too large for a config file")
        return found

    def apply(self, kind: ast.AST, left: Any, right: Any, line: int) -> Any:
        """``left kind right``.

        :raises Unreadable: as ``value``.
        """
        function = _OPERATORS.get(type(kind))
        if function is None:
            raise Unreadable(line, f"the operator {type(kind).__name__} is not known in a config file")
        bounded = True
        if isinstance(kind, ast.Mult):
            bounded = _repeat_fits(left, right)
        elif isinstance(kind, ast.Mod) and isinstance(left, str):
            bounded = not _WIDE.search(left) and left.count("%") * size(right) <= _SIZE_LIMIT**2 // 64
        if not bounded:
            raise Unreadable(line, "the value is too large for a config file")
        try:
            return function(left, right)
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise Unreadable(line, f"Python would say: {error}") from None

    # Each kind of expression

    def _constant(self, node: ast.Constant) -> Any:
        if isinstance(node.value, bytes):
            return node.value.decode("latin-1")
        if node.value is None or isinstance(node.value, (str, int, float)):
            return node.value
        raise Unreadable(node.lineno, "this kind of number has no place in a config file")

    def _name(self, node: ast.Name) -> Any:
        if node.id not in self.names:
            raise Unreadable(node.lineno, f"{node.id} is not set in this file")
        found = self.names[node.id]
        if isinstance(found, Unreadable):
            raise Unreadable(node.lineno, f"{node.id} is not known: line {found.line}: {found.reason}")
        if isinstance(found, Outside):
            raise Unreadable(node.lineno, f"{node.id} is {found.what}, not data")
        return found

    def _list(self, node: ast.List) -> list[Any]:
        return [self.value(item) for item in node.elts]

    def _tuple(self, node: ast.Tuple) -> tuple[Any, ...]:
        return tuple(self.value(item) for item in node.elts)

    def _dict(self, node: ast.Dict) -> dict[Any, Any]:
        if None in node.keys:
            raise Unreadable(node.lineno, "** is code, which is not run")
        return {self.value(key): self.value(item) for key, item in zip(node.keys, node.values) if key is not None}

    def _binop(self, node: ast.BinOp) -> Any:
        return self.apply(node.op, self.value(node.left), self.value(node.right), node.lineno)

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        function = _UNARY.get(type(node.op))
        if function is None:
            raise Unreadable(node.lineno, f"the operator {type(node.op).__name__} is not known in a config file")
        return function(self.value(node.operand))

    def _boolop(self, node: ast.BoolOp) -> Any:
        wanted = isinstance(node.op, ast.Or)
        for part in node.values:
            found = self.value(part)
            if bool(found) == wanted:
                break
        return found

    def _compare(self, node: ast.Compare) -> bool:
        left = self.value(node.left)
        for kind, other in zip(node.ops, node.comparators):
            right = self.value(other)
            if not self.apply(kind, left, right, node.lineno):
                return False
            left = right
        return True

    def _ifexp(self, node: ast.IfExp) -> Any:
        return self.value(node.body if self.value(node.test) else node.orelse)

    def _subscript(self, node: ast.Subscript) -> Any:
        return self.value(node.value)[self.value(node.slice)]

    def _index(self, node: Any) -> Any:
        """Around a subscript in Python 3.8."""
        return self.value(node.value)

    def _slice(self, node: Any) -> slice:
        return slice(*(None if part is None else self.value(part) for part in (node.lower, node.upper, node.step)))

    def _call(self, node: ast.Call) -> Any:
        called = dotted(node.func)
        if node.keywords:
            raise Unreadable(node.lineno, f"the call of {called} is code, which is not run")
        known = _FUNCTIONS.get(called) if called not in self.names else None
        known = known or _PATH_FUNCTIONS.get(called)
        if known:
            return known(*(self._plain(argument) for argument in node.args))
        if isinstance(node.func, ast.Attribute) and node.func.attr in _TEXT_METHODS:
            text = self.value(node.func.value)
            arguments = [self._plain(argument) for argument in node.args]
            if isinstance(text, str) and len(text) * sum(map(size, arguments)) <= _SIZE_LIMIT**2 // 64:
                return getattr(text, node.func.attr)(*arguments)
        raise Unreadable(node.lineno, f"the call of {called} is code, which is not run")

    def _plain(self, node: ast.expr) -> Any:
        found = self.value(node)
        if isinstance(found, str) and len(found) > 4096:
            raise Unreadable(node.lineno, "the value is too large for a config file")
        return found


def dotted(node: ast.expr) -> str:
    """``os.path.join`` of the function of a call, as far as it is names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{dotted(node.func)}()"
    return "…"


def _title(node: ast.AST) -> str:
    names = {"Lambda": "a lambda", "ListComp": "a list comprehension", "GeneratorExp": "a generator"}
    return names.get(type(node).__name__, f"this ({type(node).__name__})")
