# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two daemons. They do nothing but be there, and answer when somebody asks whether they are: xm does the work.

xend: tools/python/xen/xend/server/SrvDaemon.py; what it starts itself: pkgsrc's rc.d scripts of 3.1, 3.3 against 4.1.
"""

from __future__ import annotations

import glob
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

RUN = "/var/run"
SOCKET = f"{RUN}/xend/xmlrpc.sock"
PREFIX = "/usr/pkg"
# Debian's shell can give a process another name, by which pgrep and rc.subr know it
RENAME = ("/lab/linux/bin/bash", "-c", 'exec -a "$0" "$@"')
ME = "/lab/xen/xend"
PATIENCE = 60  # an emulated machine with other work takes its time
NO_PRIVCMD = (
    "ERROR Internal error: Could not obtain handle on privileged command interface (2 = No such file or directory)\n"
    "xen.lowlevel.xc.Error: (2, 'No such file or directory')\n"
)


def pid_of(name: str) -> int:
    """The process of a pid file, 0 if it does not run."""
    try:
        with open(f"{RUN}/{name}.pid") as file:
            pid = int(file.read())
        os.kill(pid, 0)
    except (OSError, ValueError):
        return 0
    return pid


def _start(name: str, version: str) -> int:
    """Run listen() in the background under the name of the program, and wait for its pid file."""
    command = [*RENAME, f"{PREFIX}/sbin/{name}", "/usr/bin/python3", "-IS", ME, "listen", version, name]
    silent = subprocess.DEVNULL
    subprocess.Popen(command, stdin=silent, stdout=silent, stderr=silent, start_new_session=True)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if pid_of(name):
            return 0
        time.sleep(0.05)
    sys.stderr.write(f"{name}: did not start\n")
    return 1


def listen(version: str, arguments: Sequence[str]) -> int:
    """The daemon itself. xend has a socket, as its command line client looks for one."""
    (name,) = arguments
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open("/proc/self/comm", "w") as file:
        file.write(name)
    if name == "xend":
        os.makedirs(os.path.dirname(SOCKET), exist_ok=True)
        if os.path.exists(SOCKET):
            os.unlink(SOCKET)
        server = socket.socket(socket.AF_UNIX)
        server.bind(SOCKET)
        server.listen()
    pid_file = f"{RUN}/{name}.pid"
    with open(pid_file, "w") as file:
        file.write(f"{os.getpid()}\n")
    try:
        while True:
            if name == "xend":
                server.accept()[0].close()
            else:
                signal.pause()
    finally:
        for path in (pid_file, SOCKET) if name == "xend" else (pid_file,):
            if os.path.exists(path):
                os.unlink(path)


def answers() -> str:
    """'' if xend answers, else why not, in the words of strerror(3)."""
    client = socket.socket(socket.AF_UNIX)
    try:
        client.connect(SOCKET)
    except OSError as problem:
        return problem.strerror or str(problem)
    finally:
        client.close()
    return ""


def _store_runs() -> bool:
    return bool(pid_of("xenstored"))


def _start_store(version: str) -> int:
    """xend of Xen 3 brings up xenstored and xenconsoled; from 4.1 on the rc.d script xencommons has done that."""
    if _store_runs():
        return 0
    if not version.startswith("3."):
        sys.stderr.write("ERROR: Could not connect to xenstore: is xenstored running?\n")
        return 1
    steps = (
        [f"{PREFIX}/sbin/xenstored", "--pid-file", f"{RUN}/xenstored.pid"],
        [f"{PREFIX}/sbin/xenconsoled", "--pid-file", f"{RUN}/xenconsoled.pid"],
    )
    for step in steps:
        code = subprocess.run(step, check=False).returncode
        if code:
            return code
        time.sleep(1)
    return 0


def _quietly(*command: str) -> int:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode


def _describe_dom0() -> None:
    """What today's libxl looks for in xenstore (cpupools), which a host of that time had no need of."""
    if _quietly("/lab/linux/bin/xenstore-exists", "/local/pool/0") == 0:
        return
    (program,) = glob.glob("/usr/lib/xen-4.*/bin/xen-init-dom0")
    # it does nothing where dom0 has a name, which the rc.d script of 4.1 gives it
    _quietly("/lab/linux/bin/xenstore-rm", "/local/domain/0/name")
    _quietly(program)


def _same_version(version: str) -> bool:
    try:
        with open("/sys/hypervisor/version/major") as major, open("/sys/hypervisor/version/minor") as minor:
            return f"{int(major.read())}.{int(minor.read())}" == version
    except OSError:
        return False


def xend(version: str, arguments: Sequence[str]) -> int:
    """``xend start|stop|restart|status``."""
    action = arguments[0] if arguments else ""
    if action == "restart":
        xend(version, ["stop"])
        action = "start"
    if action == "start":
        if pid_of("xend"):
            return 0
        if not os.access("/kern/xen/privcmd", os.R_OK):
            sys.stderr.write(NO_PRIVCMD)
            return 1
        if not _same_version(version):
            sys.stderr.write("xen.lowlevel.xc.Error: (13, 'Permission denied')\n")
            return 1
        code = _start_store(version)
        if code:
            return code
        _describe_dom0()
        return _start("xend", version)
    if action == "stop":
        pid = pid_of("xend")
        if pid:
            os.kill(pid, signal.SIGTERM)
            end = time.monotonic() + PATIENCE
            while pid_of("xend") and time.monotonic() < end:
                time.sleep(0.05)
        return 0
    if action == "status":
        return 0 if pid_of("xend") else 3
    sys.stderr.write(f"usage: {PREFIX}/sbin/xend {{start|stop|reload|restart}}\n")
    return 1


def xenbackendd(version: str, arguments: Sequence[str]) -> int:
    """It attaches devices for xend's guests, which it learns of from xenstored."""
    if pid_of("xenbackendd"):
        return 0
    if not _store_runs():
        sys.stderr.write("xenbackendd: Failed to contact xenstored\n")
        return 1
    _describe_dom0()
    # from now on xl of 4.2 makes no guests any more (xentools42/TODO): /lab/xen/run looks for this file
    with open(f"{RUN}/lab-xenbackendd-has-run", "w"):
        pass
    return _start("xenbackendd", version)
