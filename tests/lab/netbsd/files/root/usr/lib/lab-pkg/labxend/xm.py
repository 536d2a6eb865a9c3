# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""xm's command line, words and exit codes (tools/python/xen/xm/{main,create,shutdown}.py of Xen 3.1 to 4.2).

Each command asks first whether xend answers; then the real xl does what was asked for.
"""

from __future__ import annotations

import getopt
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from . import config, daemon, sxp

CONFIG = "/usr/pkg/etc/xen"
OWN = {"list": "list_domains"}
PLAIN = ("info", "create", "shutdown", "reboot", "destroy", "domid", "domname", "console", "log")
SAME_IN_XL = (
    *(
        "pause",
        "unpause",
        "mem-set",
        "mem-max",
        "vcpu-set",
        "vcpu-list",
        "vcpu-pin",
        "rename",
        "dmesg",
        "top",
        "uptime",
    ),
    *("block-list", "block-attach", "block-detach", "network-list", "network-attach", "network-detach", "pci-list"),
    *("sched-credit", "save", "restore", "trigger", "sysrq"),
)
ONLY_IN_XL = (
    *("max_cpu_id", "sharing_freed_memory", "sharing_used_memory", "outstanding_claims", "free_cpus", "xen_version"),
    "build_id",
)
INVALID_DOMAIN = 3  # XendClient.ERROR_INVALID_DOMAIN


class Failed(Exception):
    """What xm says after "Error: ", and its exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def xl(*arguments: str) -> subprocess.CompletedProcess[str]:
    (program,) = glob.glob("/usr/lib/xen-4.*/bin/xl")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def must(*arguments: str) -> str:
    done = xl(*arguments)
    if done.returncode:
        # xentools of Xen 3 has no xl.conf, and xl says so
        lines = [line for line in done.stderr.splitlines() if line and not line.startswith("Failed to read config")]
        lines = lines or [f"exit code {done.returncode}"]
        raise Failed(re.sub(r"^libxl: error: \S+: *(Domain \d+:)?", "", lines[0]))
    return done.stdout


def _uname(letter: str) -> str:
    """As the face's uname(1) has it."""
    return subprocess.run(["uname", f"-{letter}"], capture_output=True, text=True, check=False).stdout.strip()


class Xm:
    """One run.

    :param version: of Xen; what is printed has changed a little from one to the next.
    """

    def __init__(self, version: str) -> None:
        self.version = version
        self.old = version.startswith("3.")

    def domains(self) -> list[dict[str, str]]:
        """The rows of `xl list`, which has the columns that xm list has."""
        names = ("name", "domid", "mem", "vcpus", "state", "time")
        return [dict(zip(names, line.rsplit(None, 5), strict=True)) for line in must("list").splitlines()[1:]]

    def find(self, word: str) -> dict[str, str]:
        """:raises Failed: there is no such domain."""
        for domain in self.domains():
            if word in (domain["name"], domain["domid"]):
                return domain
        raise Failed(f"Domain '{word}' does not exist.", 1 if self.old else INVALID_DOMAIN)

    def list_domains(self, arguments: Sequence[str]) -> None:
        options, words = getopt.getopt(list(arguments), "lv", ["long", "vcpus", "label", "state="])
        chosen = [self.find(word) for word in words] if words else self.domains()
        wanted = dict(options).get("--state")
        if wanted:
            flag = {"running": "r", "blocked": "b", "paused": "p", "halted": "s", "crashed": "c", "dying": "d"}
            chosen = [domain for domain in chosen if flag.get(wanted, "?") in domain["state"]]
        if any(name in ("-l", "--long") for name, _value in options):
            details = {str(each["domid"]): each for each in json.loads(must("list", "-l"))}
            started = self.start_times()
            for domain in chosen:
                found = self.expression(domain, details.get(domain["domid"], {}))
                found += [["start_time", started[domain["domid"]]]] if domain["domid"] in started else []
                print(sxp.pretty(found))
            return
        width = 3 if self.old else 5
        print(f"{'Name':<40} {'ID':>{width}} {'Mem':>5} {'VCPUs':>5} {'State':>10} {'Time(s)':>9}")
        for each in chosen:
            print(
                f"{each['name']:<40} {each['domid']:>{width}} {each['mem']:>5} {each['vcpus']:>5} "
                f"{each['state']:>10} {float(each['time']):>8.1f}"
            )

    def start_times(self) -> dict[str, str]:
        """When each guest was started, in seconds since the epoch; xend knows of no such time for dom0."""
        started = {}
        for line in must("uptime").splitlines()[1:]:
            found = re.match(r".*?\s(\d+)\s+(?:(\d+) days?,\s+)?(\d+):(\d\d):(\d\d)\s*$", line)
            if found and found.group(1) != "0":
                days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
                up = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
                started[found.group(1)] = f"{time.time() - up:.2f}"
        return started

    def expression(self, domain: dict[str, str], details: dict[str, Any]) -> list[Any]:
        """(domain …) of `xm list -l` from what `xl list -l` knows."""
        own = details.get("config", {})
        create, build = own.get("c_info", {}), own.get("b_info", {})
        kernel = build.get("kernel") or build.get("type.pv", {}).get("kernel", "")
        image: list[Any] = ["linux", ["kernel", kernel]]
        for key, name in (("ramdisk", "ramdisk"), ("cmdline", "args")):
            value = build.get(key) or build.get("type.pv", {}).get(key)
            if value:
                image.append([name, value])
        found: list[Any] = [
            "domain",
            ["domid", domain["domid"]],
            ["on_crash", own.get("on_crash", "restart")],
            ["uuid", create.get("uuid", "00000000-0000-0000-0000-000000000000")],
            ["bootloader_args"],
            ["vcpus", build.get("max_vcpus", domain["vcpus"])],
            ["name", domain["name"]],
            ["on_poweroff", own.get("on_poweroff", "destroy")],
            ["on_reboot", own.get("on_reboot", "restart")],
            ["maxmem", build.get("max_memkb", int(domain["mem"]) * 1024) // 1024],
            ["memory", domain["mem"]],
            ["shadow_memory", 0],
            ["features"],
            ["on_xend_start", "ignore"],
            ["on_xend_stop", "ignore"],
            ["cpu_time", domain["time"]],
            ["online_vcpus", domain["vcpus"]],
            ["image", image],
            ["status", 2],
            ["state", domain["state"]],
        ]
        for nic in own.get("nics", []):
            keys = [key for key in ("bridge", "mac", "script") if nic.get(key)]
            found.append(["device", ["vif", *([key, nic[key]] for key in keys), ["backend", 0]]])
        for disk in own.get("disks", []):
            path = disk.get("pdev_path", "")
            kind = "file" if os.path.isfile(path) else "phy"
            mode = "w" if disk.get("readwrite") else "r"
            vbd = [["dev", disk.get("vdev", "")], ["uname", f"{kind}:{path}"], ["mode", mode], ["backend", 0]]
            found.append(["device", ["vbd", *vbd]])
        return found

    def info(self, arguments: Sequence[str]) -> None:
        system = {name: _uname(letter) for name, letter in (("release", "r"), ("version", "v"), ("machine", "m"))}
        for line in must("info").splitlines():
            name, _colon, value = line.partition(":")
            name = name.strip()
            if name not in ONLY_IN_XL:
                print(f"{name:<23}: {system.get(name, value[1:])}")

    def create(self, arguments: Sequence[str]) -> None:
        """Also ``xm new`` and ``xm start`` would be here; managed domains are not in the lab."""
        options, words = getopt.gnu_getopt(
            list(arguments), "hqf:F:npcs", ["help", "quiet", "path=", "defconfig=", "config=", "dryrun", "paused",
                                            "console_autoconnect", "skipdtd"])  # fmt: skip
        given = dict(options)
        pairs = [word.split("=", 1) for word in words if "=" in word]
        files = [word for word in words if "=" not in word]
        name = given.get("-f") or given.get("--defconfig") or (files[0] if files else "xmdefconfig")
        path = self.config_file(name, given.get("--path", f".:{CONFIG}"))
        if not given.keys() & {"-q", "--quiet"}:
            print(f'Using config file "{path}".')
        try:
            with open(path) as file:
                values = config.evaluate(file.read(), dict(pairs))
        except config.Refused as problem:
            raise Failed(f"{problem}") from None
        if not values.get("name"):
            values["name"] = os.path.basename(path)
        self.make(values, paused=bool(given.keys() & {"-p", "--paused"}), dry=bool(given.keys() & {"-n", "--dryrun"}))

    def config_file(self, name: str, path: str) -> str:
        if os.path.isabs(name) and os.path.isfile(name):
            return name
        for directory in path.split(":"):
            found = os.path.join(directory, name)
            if os.path.isfile(found):
                return found
        raise Failed(f"Unable to open config file: {name}")

    def make(self, values: dict[str, Any], paused: bool, dry: bool) -> None:
        text = config.for_xl(values, self.default_bridge())
        if dry:
            print(sxp.pretty(["vm", ["name", values["name"]], ["memory", values.get("memory", 128)]]))
            return
        for domain in self.domains():
            if domain["name"] == values["name"]:
                used = f"VM name '{domain['name']}' already in use by domain {domain['domid']}"
                now = f"Domain '{domain['name']}' already exists with ID '{domain['domid']}'"
                raise Failed(used if self.version == "3.1" else now)
        for device in ("vif", "disk"):
            if values.get(device) and not daemon.pid_of("xenbackendd"):
                what = "vif" if device == "vif" else "vbd"
                raise Failed(f"Device 0 ({what}) could not be connected. Hotplug scripts not working.")
        with tempfile.NamedTemporaryFile("w", prefix="xend-", suffix=".cfg") as file:
            file.write(text)
            file.flush()
            must("create", *(["-p"] if paused else []), "-q", file.name)
        domid = self.find(str(values["name"]))["domid"]
        print(f"Started domain {values['name']}" + ("" if self.version == "3.1" else f" (id={domid})"))

    def default_bridge(self) -> str:
        """(vif-bridge NAME) of xend-config.sxp."""
        try:
            with open(f"{CONFIG}/xend-config.sxp") as file:
                found = re.findall(r"^\s*\(vif-bridge\s+'?([^\s')]+)'?\)", file.read(), re.MULTILINE)
        except OSError:
            found = []
        return str(found[-1]) if found else ""

    def shutdown(self, arguments: Sequence[str]) -> None:
        options, words = getopt.gnu_getopt(list(arguments), "awHR", ["all", "wait", "halt", "reboot"])
        given = {name for name, _value in options}
        everything = bool(given & {"-a", "--all"})
        if not words and not everything:
            raise Failed("Missing domain(s)")
        chosen = [domain for domain in self.domains() if domain["domid"] != "0"] if everything else []
        chosen += [self.find(word) for word in words]
        for domain in chosen:
            must("reboot" if given & {"-R", "--reboot"} else "shutdown", domain["name"])
        if given & {"-w", "--wait"}:
            self.wait(chosen)

    def wait(self, going: list[dict[str, str]]) -> None:
        """Until all are gone; there is no other end to it in the real one either."""
        while going:
            living = {domain["domid"] for domain in self.domains() if "s" not in domain["state"]}
            for domain in [each for each in going if each["domid"] not in living]:
                print(f"Domain {domain['name']} terminated")
                going.remove(domain)
            time.sleep(1 if going else 0)
        print("All domains terminated")

    def reboot(self, arguments: Sequence[str]) -> None:
        self.shutdown(["-R", *arguments])

    def destroy(self, arguments: Sequence[str]) -> None:
        domain = self.one(arguments, "destroy")
        if domain["domid"] == "0":
            raise Failed("Cannot destroy privileged domain 0")
        must("destroy", domain["domid"])

    def one(self, arguments: Sequence[str], command: str) -> dict[str, str]:
        if len(arguments) != 1:
            sys.stderr.write(f"Error: 'xm {command}' requires 1 argument.\n\nUsage: xm {command} <Domain>\n")
            raise SystemExit(1)
        return self.find(arguments[0])

    def domid(self, arguments: Sequence[str]) -> None:
        print(self.one(arguments, "domid")["domid"])

    def domname(self, arguments: Sequence[str]) -> None:
        print(self.one(arguments, "domname")["name"])

    def console(self, arguments: Sequence[str]) -> None:
        raise Failed("The lab has no consoles: see /var/log/xen/console")

    def through(self, command: str) -> Callable[[Sequence[str]], None]:
        """Commands that are in xl as they were in xm. Their first argument is a domain, but for a few."""

        def run(arguments: Sequence[str]) -> None:
            words = [word for word in arguments if not word.startswith("-")]
            if command not in ("dmesg", "top", "restore") and words:
                self.find(words[0])
            sys.stdout.write(must(command, *arguments))

        return run

    def log(self, arguments: Sequence[str]) -> None:
        print("xend: nothing is logged in the lab")

    def commands(self) -> dict[str, Callable[[Sequence[str]], None]]:
        own = {name: getattr(self, OWN.get(name, name)) for name in (*OWN, *PLAIN)}
        return own | {name: self.through(name) for name in SAME_IN_XL}


def usage(commands: Sequence[str]) -> int:
    print("Usage: xm <subcommand> [args]\n\nControl, list, and manipulate Xen guest instances.\n\nxm subcommands:")
    for name in sorted(commands):
        print(f" {name}")
    return 1


def main(version: str, arguments: list[str]) -> int:
    """xm's command line; the exit code."""
    commands = Xm(version).commands()
    if not arguments or re.match(r"-*help$|-h$", arguments[0]):
        usage(list(commands))
        return 0 if arguments else 1
    command, *rest = arguments
    try:
        if command not in commands:
            sys.stderr.write(f"Error: Subcommand {command} not found!\n")
            return usage(list(commands))
        problem = daemon.answers()
        if problem:
            raise Failed(f"Unable to connect to xend: {problem}. Is xend running?")
        commands[command](rest)
    except Failed as problem:
        sys.stderr.write(f"Error: {problem}\n")
        return problem.code
    except getopt.GetoptError as problem:
        sys.stderr.write(f"Error: {problem.msg}\n")
        return 1
    return 0
