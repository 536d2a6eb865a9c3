# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a command of the fake ends early: with a status, and what it says on stderr."""

from __future__ import annotations


class Exit(Exception):
    """End the program; `stdout` and `stderr` are printed after what was printed before, each as given."""

    def __init__(self, status: int, stderr: str = "", stdout: str = "") -> None:
        super().__init__(status)
        self.status, self.stderr, self.stdout = status, stderr, stdout


def libxl_failed(status: int, *lines: str) -> Exit:
    """An end with lines of libxl's error log."""
    return Exit(status, "".join(f"libxl: error: {line}\n" for line in lines))
