# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process beside a NetBSD-faced host's QEMU, as long as the instance lives:

    python3 -m xenlab.supervisor PIDFILE SPECIFICATION

It ends when the guest switches the machine off, with SIGTERM (`lab down`), or with timeout(1), below which it runs.
SIGUSR1 is the reset button. One process for each instance, with a pid file of its own.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from .firmware import Firmware, Specification


def main(arguments: list[str]) -> int:
    """Supervise until the machine is switched off."""
    pidfile, specification = Path(arguments[0]), Path(arguments[1])
    firmware = Firmware(Specification.load(specification))

    def press(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGUSR1:
            firmware.reset_wanted = True
        else:
            firmware.off_wanted = True

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, press)
    pidfile.write_text(f"{os.getpid()}\n")
    try:
        firmware.run()
    finally:
        pidfile.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
