# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest's console with a real program behind it, as xenconsoled shows it: two terminals, and what is between them."""

from __future__ import annotations

import os
import pty
import select
import signal
import threading
import time
import tty

# What getty and login do, as far as a console shows it. $1 is the password, empty for none; "root" is the user, whose
# logins are noted in the file $2.
GETTY = """
PS1='# '; export PS1
while :; do
    printf '\\r\\nNetBSD/amd64 (web) (console)\\r\\n\\r\\nlogin: '
    read -r user || exit
    if [ -n "$1" ]; then
        stty -echo; printf 'Password:'; read -r word; stty echo; echo
        [ "$user:$word" = "root:$1" ] || { echo 'Login incorrect'; continue; }
    fi
    [ "$user" = root ] || { echo 'Login incorrect'; continue; }
    echo "$user" >> "${2:-/dev/null}"
    echo 'Last login: Mon Nov 23 01:00:00 2026 on console'
    sh -i
done
"""

# What csh does as far as the tests need it: `a=b` and `$undefined` are no words of its, commands it runs. $1 is a file
# in which its end is noted.
CSH = """
trap '' INT
while printf '%% ' && read -r line; do
    case $line in
    '') ;;
    exit) echo left >> "$1"; exit ;;
    _x=1*) echo '_x=1: Command not found.'; echo '_x: Undefined variable.' ;;
    *) $line ;;
    esac
done
"""


class Guest:
    """``path`` is the terminal that xenstore would name.

    :param command: runs on the guest's own terminal, in the way of a console's program.
    """

    def __init__(self, command, environment=None):
        self.outside, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self.pid, self._inside = pty.fork()
        if self.pid == 0:
            # as init starts a getty; tests that run in the background inherit that these are ignored
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
                signal.signal(number, signal.SIG_DFL)
            os.execve(
                command[0], command, {"PATH": os.environ["PATH"], "PS1": "# ", "TERM": "dumb", **(environment or {})}
            )
        self._ends = threading.Event()
        self._pump = threading.Thread(target=self._run, daemon=True)
        self._pump.start()

    def says(self, data):
        """The kernel writes on the console."""
        os.write(self.outside, data)

    def close(self):
        self._ends.set()
        self._pump.join()
        for end in (signal.SIGHUP, signal.SIGKILL):
            try:
                os.kill(self.pid, end)
            except ProcessLookupError:
                break
            time.sleep(0.01)
        os.waitpid(self.pid, 0)
        for handle in (self.outside, self._slave, self._inside):
            os.close(handle)

    def _run(self):
        ways = {self.outside: self._inside, self._inside: self.outside}
        while not self._ends.is_set():
            for handle in select.select(list(ways), [], [], 0.02)[0]:
                try:
                    os.write(ways[handle], os.read(handle, 1024))
                except OSError:  # the program has ended
                    ways.pop(self._inside, None)
