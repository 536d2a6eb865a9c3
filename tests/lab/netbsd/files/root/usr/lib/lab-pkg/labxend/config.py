# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration files of xm: Python. The real one runs them; this one works out assignments without running anything.

Known: literals, names set before, ``+ - * % //``, subscripts, ``str() int() len()``, ``if``/``else`` on such values.
Anything else is refused, with xm's words for a file that Python does not take.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.floordiv,  # Python 2 divides whole numbers so
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.Gt: operator.gt,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {"str": str, "int": int, "len": len}
# what belongs to a guest; whatever else a file sets is a helper of its own
KEYS = frozenset(
    (
        *("name", "uuid", "memory", "maxmem", "vcpus", "cpus", "cpu_weight", "cap", "builder", "localtime"),
        *("kernel", "ramdisk", "root", "extra", "bootloader", "bootargs", "disk", "vif", "pci", "vfb", "serial"),
        *("on_poweroff", "on_reboot", "on_crash", "boot", "device_model", "vnc", "vnclisten", "acpi", "apic", "pae"),
    )
)
RESTART = {"always": ("restart",) * 3, "never": ("destroy",) * 3, "onreboot": ("destroy", "restart", "destroy")}


class Refused(Exception):
    """What is wrong with the file."""


class _Evaluator:
    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def run(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            if isinstance(statement, ast.Assign):
                value = self.value(statement.value)
                for target in statement.targets:
                    if not isinstance(target, ast.Name):
                        raise Refused("only plain assignments are known to the lab's xm")
                    self.values[target.id] = value
            elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
                name = statement.target.id
                self.values[name] = self.apply(statement.op, self.values[name], self.value(statement.value))
            elif isinstance(statement, ast.If):
                self.run(statement.body if self.value(statement.test) else statement.orelse)
            elif not isinstance(statement, (ast.Import, ast.ImportFrom, ast.Pass)) and not (
                isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            ):
                raise Refused(f"line {statement.lineno}: the lab's xm does not know this statement")

    def apply(self, kind: ast.AST, left: Any, right: Any) -> Any:
        if type(kind) not in OPERATORS:
            raise Refused("the lab's xm does not know this operator")
        return OPERATORS[type(kind)](left, right)

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                if node.id not in self.values:
                    raise Refused(f"name '{node.id}' is not defined")
                return self.values[node.id]
            case ast.List() | ast.Tuple():
                return [self.value(each) for each in node.elts]
            case ast.BinOp():
                right = self.value(node.right)
                if isinstance(node.op, ast.Mod) and isinstance(right, list):
                    right = tuple(right)
                return self.apply(node.op, self.value(node.left), right)
            case ast.Compare(ops=[kind], comparators=[other]):
                return self.apply(kind, self.value(node.left), self.value(other))
            case ast.UnaryOp(op=ast.USub()):
                return -self.value(node.operand)
            case ast.Subscript():
                return self.value(node.value)[self.value(node.slice)]
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
                return FUNCTIONS[name](*map(self.value, arguments))
            case _:
                raise Refused(f"line {node.lineno}: the lab's xm does not know this expression")


def evaluate(text: str, given: dict[str, str]) -> dict[str, Any]:
    """:param given: NAME=VALUE words of the command line, which win over the file.
    :raises Refused: it is not what this module knows."""
    values: dict[str, Any] = {"True": True, "False": False, "None": None, "xm_file": ""}
    try:
        _Evaluator(values).run(ast.parse(text.expandtabs()).body)
    except SyntaxError as problem:
        raise Refused(f"invalid syntax (line {problem.lineno})") from None
    except (TypeError, ValueError, KeyError, IndexError) as problem:
        raise Refused(str(problem)) from None
    return {**values, **given}


def _quoted(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "[ " + ", ".join(_quoted(each) for each in value) + " ]"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        return str(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def for_xl(values: dict[str, Any], default_bridge: str) -> str:
    """The same guest in the words of xl.cfg(5)."""
    wanted = {key: value for key, value in values.items() if key in KEYS and value not in (None, "")}
    actions = RESTART.get(str(values.get("restart", "")))
    for key, action in zip(("on_poweroff", "on_reboot", "on_crash"), actions or (), strict=False):
        wanted[key] = action
    nics = int(values.get("nics", -1))
    vifs = list(wanted.get("vif", []))
    vifs += [""] * (nics - len(vifs))
    if vifs:
        wanted["vif"] = [_with_bridge(vif, default_bridge) for vif in vifs]
    if wanted.get("builder") in ("linux", "generic"):
        del wanted["builder"]
    for key in ("memory", "maxmem", "vcpus"):
        if key in wanted:
            wanted[key] = int(wanted[key])
    return "".join(f"{key} = {_quoted(value)}\n" for key, value in wanted.items())


def _with_bridge(vif: str, default: str) -> str:
    words = [word.strip() for word in str(vif).split(",") if word.strip()]
    if default and not any(word.startswith("bridge=") for word in words):
        words.append(f"bridge={default}")
    return ",".join(words)
