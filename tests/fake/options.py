# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of a command line as getopt_long(3) takes them, without the start-up cost of Python's getopt.

A test run starts the fake a few thousand times, so each import counts.
"""

from __future__ import annotations

from ansible_collections.netbsd.xen.tests.fake.exits import Exit


def split(arguments: list[str], flags: str, long: tuple[str, ...] = (), valued: str = "") -> tuple[set[str], list[str]]:
    """The letters that were given, and everything that is no option, in order.

    :param long: long options, each meaning the flag that is its first letter.
    :param valued: letters whose value, the next argument, stays among the rest.
    :raises Exit: an unknown option.
    """
    given: set[str] = set()
    rest: list[str] = []
    for argument in arguments:
        if argument.startswith("--"):
            if argument[2:] not in long:
                raise _unknown()
            given.add(argument[2])
        elif argument.startswith("-") and len(argument) > 1:
            if set(argument[1:]) - set(flags + valued):
                raise _unknown()
            given |= set(argument[1:])
        else:
            rest.append(argument)
    return given, rest


def _unknown() -> Exit:
    return Exit(2, "option ` ' not supported.\n")
