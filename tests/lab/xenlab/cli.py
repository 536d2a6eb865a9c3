# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the lab."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from . import progress, snapshot, tools
from .boots import describe
from .errors import LabError
from .instance import START_TIMEOUT, Instance
from .lab import DEFAULT_NAME, READY, Lab
from .loader.outcome import Person
from .machine import Machine

EXIT_NOT_RUNNING = 3
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            signal.signal(number, _end_in_order)
    words, remote = split_remote(sys.argv[1:] if arguments is None else arguments)
    options = parser().parse_args(words)
    options.remote = remote
    try:
        return int(options.run(Lab(), options) or 0)
    except LabError as error:
        if error.detail:
            print(error.detail, file=sys.stderr)
        progress.say(str(error))
        return 1


def split_remote(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The lab's own words, and those after ``--``, which are a command for dom0."""
    place = words.index("--") if "--" in words else len(words)
    return list(words[:place]), list(words[place + 1 :])


def _end_in_order(number: int, _frame: FrameType | None) -> None:
    """End by an exception, so that what was started is also ended; further signals do not disturb that."""
    for each in ENDING_SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    progress.say(f"{signal.Signals(number).name}: cleaning up")
    sys.exit(128 + number)


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="lab", description="A real Xen host in QEMU, for tests.")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    def with_name(added: argparse.ArgumentParser) -> None:
        added.add_argument("name", nargs="?", default=DEFAULT_NAME, help=f"instance (default: {DEFAULT_NAME})")

    build = command("build", _build, "build the image and its snapshot `ready`, unless they are there")
    build.add_argument("--netbsd", action="store_true", help="those of the NetBSD-faced host")
    up = command("up", _up, "start an instance, building what is missing; a running one is left as it is")
    with_name(up)
    up.add_argument("--snapshot", default=READY, metavar="SNAP", help=f"start from it (default: {READY})")
    up.add_argument("--cold", action="store_true", help="boot instead of starting from a snapshot")
    up.add_argument("--memory", type=int, default=Machine.memory, metavar="MIB", help="default: %(default)s")
    up.add_argument("--bare", action="store_true", help="dom0's kernel without Xen (boots cold)")
    up.add_argument("--kvm", action="store_true", help="use KVM; Xen inside it often fails")
    up.add_argument("--netbsd", action="store_true", help="a host with NetBSD's face that boots from its own disk")
    up.add_argument("--timeout", type=float, default=START_TIMEOUT, metavar="S", help="default: %(default).0f")

    with_name(command("ssh", _ssh, "run a command in dom0, or a shell: ssh [NAME] [-- COMMAND …]"))
    put = command("put", _put, "copy a file into dom0: put [NAME] SOURCE TARGET")
    put.add_argument("words", nargs="+", metavar="[NAME] SOURCE TARGET")
    get = command("get", _get, "copy a file out of dom0: get [NAME] SOURCE TARGET")
    get.add_argument("words", nargs="+", metavar="[NAME] SOURCE TARGET")

    with_name(command("status", _status, f"what runs; exit code {EXIT_NOT_RUNNING} if the instance does not"))
    console = command("console", _console, "the serial console: Xen's and dom0's messages")
    with_name(console)
    console.add_argument("--follow", "-f", action="store_true", help="go on printing until Ctrl-C")
    console.add_argument("--lines", type=int, default=40, help="default: %(default)s")
    with_name(command("logs", _logs, "where the logs are, and the ends of the instance's"))

    with_name(command("boots", _boots, "what a NetBSD-faced host booted, why, and what came of it"))
    reset = command("reset", _reset, "press the reset button of a NetBSD-faced host")
    with_name(reset)
    choose = command("choose", _choose, "sit at the console at the next boot: choose NAME --entry 2")
    with_name(choose)
    for added, required in ((reset, False), (choose, True)):
        person = added.add_mutually_exclusive_group(required=required)
        person.add_argument("--entry", metavar="N|TITLE", help="choose that menu entry, once")
        person.add_argument("--command", metavar="TEXT", help="type that at the loader's prompt, once")

    down = command("down", _down, "end an instance and throw its disk away")
    with_name(down)
    down.add_argument("--all", action="store_true", help="all instances")
    save = command("snapshot", _snapshot, "save memory and disk under a name; the instance ends")
    with_name(save)
    save.add_argument("snap", metavar="SNAP")
    command("snapshots", _snapshots, "list the snapshots")
    inventory = command("inventory", _inventory, "an Ansible inventory of the running instances")
    inventory.add_argument("names", nargs="*", metavar="NAME", help="default: all that run")
    inventory.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    clean = command("clean", _clean, "remove images of other recipes and logs of stopped instances")
    clean.add_argument("--all", action="store_true", help="end all instances and remove everything")
    return top


def _instance(lab: Lab, options: argparse.Namespace) -> Instance:
    return Instance(lab.paths, options.name)


def _build(lab: Lab, options: argparse.Namespace) -> None:
    print(lab.build(options.netbsd))


def _up(lab: Lab, options: argparse.Namespace) -> None:
    machine = Machine(memory=options.memory, bare=options.bare, kvm=options.kvm, netbsd=options.netbsd)
    lab.up(options.name, options.snapshot, options.cold, machine, options.timeout)


def _ssh(lab: Lab, options: argparse.Namespace) -> None:
    command = _instance(lab, options).ssh().command(options.remote, tty=not options.remote and sys.stdin.isatty())
    os.execvpe(command[0], command, tools.environment())


def _copy(lab: Lab, words: list[str], into: bool) -> None:
    if len(words) not in (2, 3):
        raise LabError("give SOURCE and TARGET, with the instance's name before them if it is not the default")
    *name, source, target = words
    source, target = (source, f"dom0:{target}") if into else (f"dom0:{source}", target)
    command = Instance(lab.paths, *(name or [DEFAULT_NAME])).ssh().copy_command(source, target)
    os.execvpe(command[0], command, tools.environment())


def _put(lab: Lab, options: argparse.Namespace) -> None:
    _copy(lab, options.words, into=True)


def _get(lab: Lab, options: argparse.Namespace) -> None:
    _copy(lab, options.words, into=False)


def _status(lab: Lab, options: argparse.Namespace) -> int:
    for each in lab.running():
        found = each.state()
        if not found:
            print(f"{each.name}: starting, pid {each.pid()}")
            continue
        kind = _kind(each, found.machine)
        origin = f"snapshot {found.snapshot}" if found.snapshot else "cold boot"
        minutes = (time.time() - found.started) / 60
        print(
            f"{each.name}: up {minutes:.0f} min, {kind}, {found.machine.memory} MiB, {origin}, "
            f"port {found.port}, pid {found.pid}"
        )
    if _instance(lab, options).pid():
        return 0
    print(f"{options.name}: not running")
    return EXIT_NOT_RUNNING


def _kind(instance: Instance, machine: Machine) -> str:
    if not machine.netbsd:
        return "no Xen" if machine.bare else "Xen"
    last = instance.boots()[-1]
    return f"NetBSD face, boot {last.number}: {last.kind}, {last.result}"


def _boots(lab: Lab, options: argparse.Namespace) -> None:
    for each in _instance(lab, options).boots():
        print(describe(each))


def _person(options: argparse.Namespace) -> Person | None:
    if options.entry is None and options.command is None:
        return None
    entry = int(options.entry) if options.entry and options.entry.isdecimal() else options.entry
    return Person(entry, options.command)


def _reset(lab: Lab, options: argparse.Namespace) -> None:
    _instance(lab, options).reset(_person(options))


def _choose(lab: Lab, options: argparse.Namespace) -> None:
    person = _person(options)
    assert person  # the parser requires one
    _instance(lab, options).choose(person)


def _console(lab: Lab, options: argparse.Namespace) -> None:
    path = _instance(lab, options).console
    if not path.exists():
        raise LabError(f"{options.name} has no console log: it was never started")
    command = ["tail", "-n", str(options.lines), *(["-F"] if options.follow else []), str(path)]
    os.execvp(command[0], command)


def _logs(lab: Lab, options: argparse.Namespace) -> None:
    instance = _instance(lab, options)
    for path in [*sorted(lab.paths.logs.glob("*")), instance.log, instance.console]:
        if path.exists():
            print(path)
    for path in (instance.log, instance.console):
        print(f"--- {path.name}\n{progress.tail(path)}")


def _down(lab: Lab, options: argparse.Namespace) -> None:
    for each in lab.instances() if options.all else [_instance(lab, options)]:
        if each.stop():
            progress.say(f"{each.name} is down")
        elif not options.all:
            progress.say(f"{each.name} was not running")


def _snapshot(lab: Lab, options: argparse.Namespace) -> None:
    with progress.step(f"snapshot {options.snap}"):
        saved = _instance(lab, options).save(options.snap)
    print(f"{saved.name}: {saved.mebibytes} MiB")


def _snapshots(lab: Lab, _options: argparse.Namespace) -> None:
    current = lab.recipe()
    images = (lab.paths.image(current.image_key), lab.paths.netbsd(current.netbsd_key))
    for saved in [saved for image in images for saved in snapshot.every(image)]:
        print(f"{saved.name}: {saved.mebibytes} MiB, {saved.directory}")


def _inventory(lab: Lab, options: argparse.Namespace) -> None:
    text = lab.inventory(options.names)
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(text)
    else:
        print(text, end="")


def _clean(lab: Lab, options: argparse.Namespace) -> None:
    for path in lab.clean(options.all):
        progress.say(f"removed {path}")
