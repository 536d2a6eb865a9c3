# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated host with one domain, for carrying out plans; time passes only where the code sleeps."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domain import (
    _apply,
    _apply_watch,
    _plan_domain,
    _savefile,
    _unfinished,
)
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing, _xl
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import wish

FILE = 'name = "web"\nkernel = "/k"\nmemory = 512\n'
NEVER = 10**9


class Guest:
    """One domain of the simulated host.

    :param obeys_after: seconds between a request to shut down and its end.
    :param balloons_after: seconds until it has the memory or the vcpus that it was told to have.
    """

    def __init__(self, domid, state="running", memory=512, vcpus=1, obeys_after=2, balloons_after=2, comes_back=False):
        self.domid, self.state, self.memory, self.vcpus = domid, state, memory, vcpus
        self.obeys_after, self.balloons_after, self.comes_back = obeys_after, balloons_after, comes_back
        self.pauses = int(state == "paused")
        self.kernel, self.disks, self.nics, self.weight = "/k", [], [], 256
        self.later = []  # (when, what to do)


class Host:
    """A toolstack, its one domain and a clock.

    :param fails: what xl says for a command, by its second word: a text is an error; a function does it all.
    """

    commands = _xl.Commands

    def __init__(self, guest=None):
        self.guest, self.now, self.next_domid = guest, 0.0, 20
        self.fails = {}
        self.ran = []
        self.in_file = Guest(1)  # who was saved last

    # the clock

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        while self.guest and self.guest.later and self.guest.later[0][0] <= self.now:
            self.guest.later.pop(0)[1]()

    # the toolstack

    def listing(self):
        rows = [_listing.Row("Domain-0", 0, 512, 1, "running", 9.0)]
        if self.guest:
            found = self.guest
            rows.append(_listing.Row("web", found.domid, found.memory, found.vcpus, found.state, 1.0))
        return rows

    def configurations(self):
        return {self.guest.domid: self.libxl(self.guest)} if self.guest else {}

    @staticmethod
    def libxl(guest):
        """The guest as libxl tells it."""
        b_info = {
            "target_memkb": guest.memory * 1024,
            "max_memkb": 2**20,
            "avail_vcpus": list(range(guest.vcpus)),
            "max_vcpus": 8,
            "kernel": guest.kernel,
            "sched_params": {"sched": "credit2", "weight": guest.weight, "cap": 0},
        }
        return {"b_info": b_info, "disks": list(guest.disks), "nics": list(guest.nics)}

    def run(self, command, timeout=1800.0):
        self.ran.append(" ".join(command))
        word = command[1]
        failure = self.fails.get(word)
        if callable(failure):
            failure(command, timeout)
        elif failure:
            raise CommandError("`xl " + word + "` failed: " + failure, command, 1, "", failure)
        else:
            getattr(self, "do_" + word.replace("-", "_"))(*command[2:])

    def error(self, text):
        raise CommandError(text, ["xl"], 1, "", text)

    def do_create(self, *args):
        self._start(args)
        config = _configfile.read(args[-1]) if os.path.exists(args[-1]) else None
        if config and config.exists:
            self._read(config)

    def _start(self, args):
        if self.guest:
            self.error('Domain with name "web" already exists.')
        self.next_domid += 1
        self.guest = Guest(self.next_domid, "paused" if args[0] == "-p" else "running")

    def _read(self, config):
        self.guest.memory = int(config.value("memory") or 512)
        self.guest.kernel = config.value("kernel")
        self.guest.weight = int(config.value("cpu_weight") or 256)
        for spec in config.value("disk") or []:
            self.do_block_attach("web", spec)
        for spec in config.value("vif") or []:
            self.do_network_attach("web", *spec.split(","))

    def do_restore(self, *args):
        if not os.path.exists(args[-1]):
            self.error("Can't open restore file")
        self._start(args)
        for name in ("memory", "kernel", "weight", "disks", "nics"):
            setattr(self.guest, name, getattr(self.in_file, name))

    def do_save(self, name, path):
        with open(path, "w") as stream:
            stream.write("memory of the guest")
        self.guest, self.in_file = None, self.guest

    def do_destroy(self, name):
        self.guest = None

    def do_pause(self, name):
        self.guest.pauses += 1
        self.guest.state = "paused"

    def do_unpause(self, name):
        self.guest.pauses = max(0, self.guest.pauses - 1)
        self.guest.state = "paused" if self.guest.pauses else "running"

    def do_shutdown(self, *args):
        if self.guest.state == "paused":
            self.error("paused guests do not answer")
        self.after(self.guest.obeys_after, self.end)

    def do_mem_set(self, name, amount):
        self.after(self.guest.balloons_after, lambda: setattr(self.guest, "memory", int(amount[:-1])))

    def do_vcpu_set(self, name, count):
        self.after(self.guest.balloons_after, lambda: setattr(self.guest, "vcpus", int(count)))

    def do_block_attach(self, name, spec):
        path, form, vdev, access = spec.split(",")
        self.guest.disks.append({"pdev_path": path, "vdev": vdev, "format": form, "readwrite": int(access == "rw")})

    def do_block_detach(self, name, vdev):
        self._remove(self.guest.disks, "vdev", vdev)

    def do_network_attach(self, name, *items):
        self.guest.nics.append(dict(item.split("=") for item in items))

    def do_network_detach(self, name, mac):
        self._remove(self.guest.nics, "mac", mac)

    def do_sched_credit2(self, _d, name, _w, weight):
        self.guest.weight = int(weight)

    def _remove(self, devices, field, value):
        left = [device for device in devices if device[field] != value]
        if len(left) == len(devices):
            self.error(f"Device {value} not connected.")
        devices[:] = left

    def after(self, seconds, what):
        self.guest.later.append((self.now + seconds, what))
        self.guest.later.sort(key=lambda entry: entry[0])

    def end(self):
        again = self.guest.comes_back
        self.guest = None
        if again:
            self.do_create("")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The folder of config and save file, with a log folder that is empty."""
    monkeypatch.setattr(_host, "LOG_DIR", str(tmp_path / "log"))
    return tmp_path


class Task:
    """A state asked for on a simulated host, planned and applied by the real code."""

    def __init__(self, place, host, monkeypatch, text=FILE, saved=False):
        self.host, self.config, self.save = host, place / "web.cfg", place / "save" / "web.save"
        monkeypatch.setattr(_apply_watch, "time", host)
        if text is not None:
            self.config.write_text(text)
        if saved:
            self.save.parent.mkdir()
            self.save.write_text("old memory")

    def plan(self, state, wished=None, autostart=(), doomed_disks=(), libxl=None, **options):
        row = _listing.find(self.host.listing(), "web")
        self.before = row
        guest = row and _plan_config.Guest(row, libxl or self.host.configurations()[row.domid])
        situation = _plan_domain.Situation(
            _configfile.read(str(self.config)), guest, str(self.save), self.save.exists(), tuple(autostart)
        )._replace(
            doomed_disks=tuple(doomed_disks),
            unfinished=_unfinished.look(str(self.save)),
            saved_config=_savefile.configuration(str(self.save)) if not guest else None,
        )
        request = _plan_domain.Request(state, wished or wish(), **options)
        return _plan_domain.plan(request, situation, _xl.Commands)

    def apply(self, plan, timeout=60, backup=False):
        self.applier = _apply.Applier(self.host, plan, "web", timeout, self.before, backup)
        return self.applier.run()

    def run(self, state, *args, timeout=60, **options):
        return self.apply(self.plan(state, *args, **options), timeout)

    def fail(self, state, *args, kind=XenError, timeout=60, **options):
        with pytest.raises(kind) as caught:
            self.run(state, *args, timeout=timeout, **options)
        return caught.value


@pytest.fixture
def task(place, monkeypatch):
    def make(guest=None, **options):
        return Task(place, Host(guest), monkeypatch, **options)

    return make
