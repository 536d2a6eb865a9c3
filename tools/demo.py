# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make demo``: the collection at its main job, on an emulated machine that boots what its own disk says.

Runs playbooks/site.yml with demo_vars.yml on a bare NetBSD-faced host: first as a check, then really, which reboots the
host into Xen and starts the guests; then again to show that nothing changes. It changes the memory of a running guest,
and ends with the report that playbooks/report.yml writes. Every statement it prints was checked on the host with its
own tools, apart from the collection; the exit code is 0 only if all of them are true.

The lab stays up, to look around, unless ``--down`` or CI=true says otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo_host import DemoHost, Guest, environment, relative
from link_checkout import ROOT
from terminal import BOLD, COLOURED, DIM, Report, paint, plain, say, table

VARIABLES = ROOT / "tools" / "demo_vars.yml"
# Where demo_vars.yml has the report written, without the ending.
REPORT = ROOT / ".cache" / "xen-report"
NAMES = ("db", "tiny", "web")
ADDRESSES = {"web": "10.0.2.51", "db": "10.0.2.52"}
# MiB that "web" has at first, and then gets while it runs
MEMORY, MORE_MEMORY = 128, 160
BOOT_TIMEOUT = 180.0
RECAP = re.compile(r"ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)")


@dataclass(frozen=True)
class Recap:
    """The last line of a play: counts of tasks, -1 for a run that has no such line; and the exit code."""

    code: int
    changed: int
    failed: int

    @property
    def good(self) -> bool:
        return self.code == 0 and self.failed == 0


def recap_of(code: int, text: str) -> Recap:
    """What came of a run, by its exit code and its output, with colours or without; an ad-hoc command has no recap."""
    found = RECAP.search(plain(text))
    return Recap(code, int(found[2]), int(found[3]) + int(found[4])) if found else Recap(code, -1, 0)


def ansible(*words: str, show: str = "") -> Recap:
    """Run one of Ansible's commands: its lines as they come, without padding, each with the seconds since its start.

    :param show: only lines in which this regular expression is found.
    """
    say(paint(f"      $ {shlex.join(words)}", DIM))
    colours = {"ANSIBLE_FORCE_COLOR": "1"} if COLOURED else {"ANSIBLE_NOCOLOR": "1"}
    program = str(ROOT / ".venv" / "bin" / words[0])
    begin = time.monotonic()
    lines = []
    with subprocess.Popen(
        [program, *words[1:]],
        cwd=ROOT,
        env=environment(**colours),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            shown = re.sub(r" \*{3,}$", "", line.rstrip())
            if shown and re.search(show, plain(shown)):
                say(f"{paint(f'{time.monotonic() - begin:5.0f} s', DIM)}  {shown}")
    return recap_of(process.returncode, "".join(lines))


class Demo:
    """The steps in their order.

    :param host: the lab host, not necessarily up.
    """

    def __init__(self, host: DemoHost) -> None:
        self.host = host
        self.report = Report(steps=8)
        self.is_up = False
        self.inventories = ("-i", relative(host.inventory), "-i", relative(VARIABLES))

    def play(self, *words: str, book: str = "site") -> Recap:
        recap = ansible("ansible-playbook", *self.inventories, f"playbooks/{book}.yml", *words)
        self.report.verify(recap.good, "the play ran without an error", f"exit code {recap.code}")
        return recap

    def run(self) -> bool:
        """True if every statement was."""
        with self.report.step("A bare NetBSD host, in QEMU (the lab is built first if need be, about 4 minutes)"):
            if not self.start_lab():
                return False
        with self.report.step("What would be done, as declared in tools/demo_vars.yml"):
            fingerprint = self.host.fingerprint()
            self.play("--check")
            self.report.verify(self.host.fingerprint() == fingerprint, "a check run has changed nothing on the host")
        with self.report.step("From the bare host to Xen, through its own boot.cfg, and to running guests"):
            if not self.play().good:
                return False
            self.show_host()
        with self.report.step("What xl on the host says"):
            self.show_guests()
        with self.report.step("The same play again: nothing changes"):
            before = self.identities()
            changed = self.play().changed
            self.report.verify(changed == 0, "Ansible changed nothing", f"changed={changed}")
            self.report.verify(self.identities() == before, "all guests are the same domains as before")
        with self.report.step(f"More memory for web, which runs: {MEMORY} -> {MORE_MEMORY} MiB"):
            self.change_memory()
        with self.report.step("One guest from the command line"):
            self.ad_hoc()
        with self.report.step("The report of the fleet: what runs, and what is not as declared"):
            self.show_report()
        return self.report.failures == 0

    def start_lab(self) -> bool:
        self.is_up = self.host.lab("up", self.host.name, "--netbsd") == 0
        written = self.is_up and self.host.lab("inventory", self.host.name, "--output", str(self.host.inventory)) == 0
        system = self.host.run("uname -sr").strip() if written else ""
        xen = self.host.xen_version()
        return self.report.verify(
            system.startswith("NetBSD"), f"{system}, {f'with Xen {xen} already' if xen else 'no Xen'}", "see `lab logs`"
        )

    def show_host(self) -> None:
        self.host.lab("boots", self.host.name)
        version = self.host.xen_version()
        self.report.verify(version.startswith("4.20"), f"the host has come up with Xen {version or '(none)'}")
        menu = self.host.run("grep ^menu= /boot.cfg")
        say(menu.rstrip())
        native = [line for line in menu.splitlines() if "multiboot" not in line and "boot" in line.partition(":")[2]]
        self.report.verify(bool(native), "its boot menu still has the native kernel")

    def show_guests(self) -> None:
        guests = self.host.wait_until_up(NAMES, BOOT_TIMEOUT)
        head = ("name", "id", "state", "memory", "vcpus", "uptime", "boot marker on its console")
        say(table(head, [row(guest) for _name, guest in sorted(guests.items())], right=(1, 3, 4)))
        for name in NAMES:
            guest = guests.get(name)
            state = guest.state if guest else "not there"
            self.report.verify(state == "running", f"{name} is running", state)
            self.report.verify(guest is not None and guest.up, f"{name} booted: its console shows its own uuid")
        for name, address in ADDRESSES.items():
            answered = address in self.host.answers([address])
            self.report.verify(answered, f"{name} answers on {address}, over its vif")

    def identities(self) -> dict[str, tuple[int, str, int]]:
        return {name: (guest.domid, guest.uuid, guest.memory) for name, guest in self.host.guests().items()}

    def memory_of_web(self) -> tuple[int, int]:
        """Memory of the guest: MiB as xl sees it, KiB as its kernel sees it."""
        guest = self.host.guests().get("web")
        return (guest.memory, self.host.memory_inside(guest)) if guest else (0, 0)

    def change_memory(self) -> None:
        verify = self.report.verify
        wish = ("-e", json.dumps({"web_memory": MORE_MEMORY, "xen_only": ["web"]}))
        before = self.memory_of_web()
        planned = self.play(*wish, "--check", "--diff", book="domains")
        verify(planned.changed == 1, "the plan is one change", f"changed={planned.changed}")
        seen = self.memory_of_web()
        verify(seen == before and seen[0] == MEMORY, f"xl still says {MEMORY} MiB: a plan changes nothing", str(seen))
        done = self.play(*wish, book="domains")
        verify(done.changed == 1, "the change was made", f"changed={done.changed}")
        after = self.memory_of_web()
        verify(after[0] == MORE_MEMORY, f"xl says {MORE_MEMORY} MiB, without a restart", f"{after[0]} MiB")
        verify(after[1] > before[1] > 0, f"the guest's own kernel says {after[1]} kB, and said {before[1]} kB before")

    def ad_hoc(self) -> None:
        # The result has all properties of the guest; these lines of it will do.
        recap = ansible(*self.command_line(), show=r"SUCCESS|FAILED|UNREACHABLE|^ +(changed|msg|domid|state):")
        self.report.verify(recap.good, "the module started what its config file says: it runs already")

    def command_line(self) -> list[str]:
        words = "name=web state=running"
        return ["ansible", "-i", relative(self.host.inventory), "dom0s", "-m", "netbsd.xen.xen_domain", "-a", words]

    def show_report(self) -> None:
        """The report, against what xl says. The inventory still has the memory that web had at first: that is drift."""
        verify = self.report.verify
        pages = [REPORT.with_suffix(ending) for ending in (".html", ".json")]
        for page in pages:
            page.unlink(missing_ok=True)
        if not self.play(book="report").good or not verify(all(map(Path.is_file, pages)), "both files are there"):
            return
        html, data = (page.read_text(encoding="utf-8") for page in pages)
        version, guests = self.host.xen_version(), self.host.guests()
        told = {host["name"]: host for host in json.loads(data)["hosts"]}.get(self.host.name, {})
        seen = told.get("system", {}).get("xen")
        verify(bool(version) and seen == version, f"it has the host, with Xen {version}", str(seen))
        running = {each["name"]: each["memory"] for each in told.get("guests", []) if each["state"] == "running"}
        wanted = {name: guest.memory for name, guest in guests.items()}
        verify(
            running == wanted,
            f"it has the guests that xl lists, with their memory: {', '.join(sorted(wanted))}",
            str(running),
        )
        texts = {text.strip() for text in re.findall(">([^<]+)<", html)}
        missing = {self.host.name, version, *wanted} - texts
        verify(not missing, "so has the page", f"not on it: {sorted(missing)}")
        drift = drifting(told)
        verify(
            drift == {"web": [("memory", MORE_MEMORY, MEMORY)]}, "it says what drifted from the inventory", str(drift)
        )
        say(f"  {len(html.encode()) // 1024} KiB, in one file, for any browser: {relative(pages[0])}")
        say(f"  the same as data: {relative(pages[1])}")


def drifting(host: dict[str, Any]) -> dict[str, list[tuple[str, object, object]]]:
    """The guests of a host of the report that are not as declared: option, as it is, as it shall be."""
    return {
        guest["name"]: [(each["option"], each["now"], each["wanted"]) for each in guest["differences"]]
        for guest in host.get("guests", [])
        if guest["verdict"] != "as declared"
    }


def row(guest: Guest) -> tuple[object, ...]:
    memory = f"{guest.memory} MiB"
    return guest.name, guest.domid, guest.state, memory, guest.vcpus, guest.uptime, guest.marker or "none yet"


def farewell(demo: Demo, true: bool, stays: bool) -> None:
    """How it ended, and where to go from here."""
    report = demo.report
    verdict = "all of it was seen to be true" if true else f"of what was to be shown, {report.failures} FALSE"
    say(f"\n{paint(f'{verdict}, in {report.elapsed():.0f} s', BOLD)}")
    if not stays or not demo.is_up:
        return
    page = REPORT.with_suffix(".html")
    hints = {
        **({relative(page): "the report: open it in a browser"} if page.is_file() else {}),
        f"tests/lab/lab ssh {demo.host.name}": "a shell on the host: xl list, xl console web (leave it with Ctrl-])",
        "make demo": "again; it starts from the host that runs",
        "make lab-down": "stop the host and throw its disk away",
    }
    ad_hoc = "source .venv/bin/activate && " + shlex.join(demo.command_line()).replace("state=running", "state=stopped")
    say(f"\nThe Xen host stays up. To look around:\n{table(('', ''), list(hints.items())).partition(chr(10))[2]}")
    say(f"  {ad_hoc}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Show the collection at work on the lab host.")
    parser.add_argument("--instance", default="netbsd1", help="instance of the lab (default: %(default)s)")
    parser.add_argument("--down", action="store_true", help="stop the lab at the end (also when CI=true)")
    options = parser.parse_args()
    stays = not options.down and os.environ.get("CI") != "true"
    host = DemoHost(options.instance)
    demo = Demo(host)
    true = False
    try:
        true = demo.run()
        farewell(demo, true, stays)
    except KeyboardInterrupt:
        say("\ninterrupted" + ("; stop the Xen host with: make lab-down" if stays else ""))
        return 130
    finally:
        if not stays:
            host.lab("down", host.name)
    return 0 if true else 1


if __name__ == "__main__":
    sys.exit(main())
