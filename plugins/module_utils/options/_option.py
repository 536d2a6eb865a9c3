# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What the collection knows about one property of a domain, as a row of the option table."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.options import _kinds, _live

RESTART = "restart"
# A restart as well, after which the guest is another machine to itself and to others.
RECREATE = "recreate"

# Entries of the argument spec. Devices and lists are raw: Ansible would split a single string at its commas.
STR: dict[str, Any] = {"type": "str"}
INT: dict[str, Any] = {"type": "int"}
BOOL: dict[str, Any] = {"type": "bool"}
FILE: dict[str, Any] = {"type": "path"}
RAW: dict[str, Any] = {"type": "raw"}
# "key" and "pass" in a name make Ansible think of a secret.
NO_SECRET: dict[str, Any] = {"no_log": False}
PASSWORD: dict[str, Any] = {"type": "str", "no_log": True}


def choice(*words: str) -> dict[str, Any]:
    """One of some words."""
    return {"type": "str", "choices": list(words)}


class Option(NamedTuple):
    """One property of a domain.

    :param name: of the module's option and in return values.
    :param key: of the config file.
    :param kind: how values are converted.
    :param live: takes the canonical value out of libxl's JSON; None where a default was taken that only libxl knows.
    :param spec: entry of the argument spec.
    :param change: RESTART, RECREATE, or how a running guest is changed: a word of ``_plan_live``.
    :param limit: option whose live value bounds a live change from above.
    :param secret: the value never leaves the config file.
    :param completed: libxl puts a default of its own where the file says nothing, so no value agrees with any.
    :param agrees: whether a wanted value is what the guest runs with, where that is more than ``==``.
    :param newer: the toolstack of the lab, Xen 4.17, does not know the key yet.
    :param only_xm: a key of xm's that no xl reads.
    """

    name: str
    key: str
    kind: _kinds.Kind
    live: _live.Getter
    spec: dict[str, Any]
    change: str = RESTART
    limit: str | None = None
    secret: bool = False
    completed: bool = False
    agrees: Callable[[Any, Any], bool] | None = None
    newer: bool = False
    only_xm: bool = False


def same(key: str, kind: _kinds.Kind, live: _live.Getter, spec: dict[str, Any], **more: Any) -> Option:
    """An option that has the name of its key, as all have but the oldest."""
    return Option(key, key, kind, live, spec, **more)


def flag(key: str, live: _live.Getter, **more: Any) -> Option:
    """A boolean: 0 or 1 in the file."""
    return same(key, _kinds.FLAG, live, BOOL, **more)
