# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a test can make the fake do: guests that misbehave, hosts that cannot work, and the log of the calls."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.tests.fake.harness import FakeXen
from ansible_collections.netbsd.xen.tests.unit.fake.replay import Said

Xl = Callable[..., Said]


def config(fake_xen: FakeXen, more: str = "", name: str = "web", memory: int = 96) -> Path:
    path = fake_xen.directory / f"{name}.cfg"
    path.write_text(f"name='{name}'\nkernel='{fake_xen.kernel}'\nmemory={memory}\n{more}", encoding="utf-8")
    return path


def states(xl: Xl) -> dict[str, str]:
    """Name and flags of the guests in one `xl list`."""
    rows = [line.split() for line in xl("list").stdout.splitlines()[2:]]
    return {row[0]: row[4] for row in rows}


def test_a_shutdown_takes_the_polls_it_was_told(fake_xen: FakeXen, xl: Xl) -> None:
    fake_xen.guest("web", shutdown_polls=2, shutdown_linger=1, zombie_polls=1)
    fake_xen.add_domain(config(fake_xen))
    assert xl("shutdown", "web").rc == 0
    seen = [states(xl) for _poll in range(5)]
    assert seen == [{"web": "-b----"}, {"web": "-b----"}, {"web": "---s--"}, {"(null)": "--ps-d"}, {}]


def test_a_guest_may_ignore_a_shutdown(fake_xen: FakeXen, xl: Xl) -> None:
    fake_xen.guest("web", ignores_shutdown=True)
    fake_xen.add_domain(config(fake_xen))
    assert xl("shutdown", "web").rc == 0
    assert [states(xl) for _poll in range(3)] == [{"web": "-b----"}] * 3
    with pytest.raises(subprocess.TimeoutExpired):  # as the real `xl shutdown -w`
        subprocess.run(
            ["xl", "shutdown", "-w", "web"], env=fake_xen.environment, timeout=1, check=False, capture_output=True
        )
    assert xl("destroy", "web").rc == 0
    assert states(xl) == {}


def test_a_reboot_ends_in_a_new_id(fake_xen: FakeXen, xl: Xl) -> None:
    fake_xen.add_domain(config(fake_xen))
    assert xl("reboot", "web").rc == 0
    assert [states(xl) for _poll in range(3)] == [{"web": "-b----"}, {}, {"web": "-b----"}]
    assert xl("domid", "web").stdout == "2\n"


def test_on_poweroff_restart_brings_the_guest_back(fake_xen: FakeXen, xl: Xl) -> None:
    fake_xen.add_domain(config(fake_xen, 'on_poweroff = "restart"\n'))
    xl("shutdown", "-w", "web")
    states(xl)
    assert states(xl) == {"web": "-b----"}
    assert xl("domid", "web").stdout == "2\n"


@pytest.mark.parametrize(("action", "seen"), [("destroy", {}), ("preserve", {"web": "---sc-"})])
def test_a_guest_may_crash_at_its_start(fake_xen: FakeXen, xl: Xl, action: str, seen: dict[str, str]) -> None:
    fake_xen.guest("web", crashes_at_start=True)
    assert xl("create", config(fake_xen, f'on_crash = "{action}"\n')).rc == 0
    assert states(xl) == seen


def test_less_maxmem_than_memory_starts_and_dies(fake_xen: FakeXen, xl: Xl) -> None:
    """As on the real host: exit status 0, and no guest."""
    assert xl("create", config(fake_xen, "maxmem=32\n")).rc == 0
    assert states(xl) == {}


def test_a_creation_may_leave_half_a_domain(fake_xen: FakeXen, xl: Xl) -> None:
    fake_xen.fault("create_fails_halfway", "create")
    path = config(fake_xen)
    assert xl("create", path).rc == 3
    assert states(xl) == {"web": "--p---"}
    assert "already exists" in xl("create", path).stderr
    assert xl("destroy", "web").rc == 0 and xl("create", path).rc == 0


def test_memory_is_given_out_and_taken_back(fake_xen: FakeXen, xl: Xl) -> None:
    free = fake_xen.free_memory
    path = config(fake_xen)
    xl("create", path)
    assert fake_xen.free_memory == free - 96
    xl("mem-set", "web", "64")
    assert fake_xen.free_memory == free - 64
    xl("destroy", "web")
    assert fake_xen.free_memory == free
    assert f"free_memory            : {free}\n" in xl("info").stdout


def test_a_guest_that_does_not_fit(fake_xen: FakeXen, xl: Xl) -> None:
    fake_xen.host(total_mib=700)
    refused = xl("create", config(fake_xen, memory=200))
    assert refused.rc == 3 and "can't allocate low memory for domain" in refused.stderr


def test_a_missing_bridge(fake_xen: FakeXen, xl: Xl) -> None:
    refused = xl("create", config(fake_xen, "vif = ['bridge=nosuchbr']\n"))
    assert refused.rc == 3 and "Could not find bridge device nosuchbr" in refused.stderr
    assert states(xl) == {}


def test_a_paused_guest_cannot_be_saved(fake_xen: FakeXen, xl: Xl, tmp_path: Path) -> None:
    fake_xen.add_domain(config(fake_xen), "paused")
    refused = xl("save", "web", tmp_path / "web.save")
    assert refused.rc == 1 and "did not suspend" in refused.stderr
    assert states(xl) == {"web": "--p---"}
    assert xl("restore", tmp_path / "web.save").rc == 1, "what was left behind is no saved guest"


def test_saved_and_restored_with_what_it_had(fake_xen: FakeXen, xl: Xl, tmp_path: Path) -> None:
    """The file holds the running configuration, not the config file's."""
    fake_xen.add_domain(config(fake_xen))
    xl("mem-set", "web", "64")
    assert xl("save", "web", tmp_path / "web.save").rc == 0
    assert states(xl) == {}
    fake_xen.kernel.unlink()
    assert xl("restore", tmp_path / "web.save").rc == 0
    domain = fake_xen.domain("web")
    assert domain is not None and domain["memory_kib"] == 64 * 1024 and domain["domid"] == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("permission_denied", "privileged command interface: Permission denied"),
        ("no_xen", "privileged command interface: No such file or directory"),
        ("no_xen_debian", "Can't find hypervisor information"),
        ("xenstored_down", "cannot connect to xenstore"),
    ],
)
def test_a_host_that_cannot_work(fake_xen: FakeXen, xl: Xl, fault: str, words: str) -> None:
    fake_xen.fault(fault, times=None)
    for command in (["list"], ["info"], ["create", str(config(fake_xen))]):
        refused = xl(*command)
        assert refused.rc == 1 and refused.stdout == "" and words in refused.stderr


def test_xl_list_fails_now_and_then(fake_xen: FakeXen, xl: Xl) -> None:
    fake_xen.fault("list_fails", times=2)
    assert [xl("list").rc for _call in range(3)] == [1, 1, 0]


def test_a_fault_for_one_command(fake_xen: FakeXen, xl: Xl) -> None:
    fake_xen.fault("fails", "destroy", rc=1, stderr="destroy failed (rc=-3)\n")
    fake_xen.add_domain(config(fake_xen))
    assert xl("list").rc == 0
    assert xl("destroy", "web") == Said(1, "", "destroy failed (rc=-3)\n")
    assert xl("destroy", "web").rc == 0


def test_xl_may_hang(fake_xen: FakeXen, xl: Xl) -> None:
    fake_xen.fault("hang", "list", seconds=1)
    started = time.monotonic()
    xl("info")
    assert time.monotonic() - started < 1
    xl("list")
    assert time.monotonic() - started >= 1


def test_names_that_mislead(fake_xen: FakeXen, xl: Xl) -> None:
    """xl takes digits for an id, so a guest called 12345 cannot be found by its name; but `xl domid` finds it."""
    xl("create", config(fake_xen, name="12345"))
    assert xl("list", "12345") == Said(1, "", "Error: Domain '12345' does not exist.\n")
    assert xl("domid", "12345").stdout == "1\n"


def test_every_call_is_in_the_log(fake_xen: FakeXen, xl: Xl) -> None:
    path = config(fake_xen)
    for arguments in (["list"], ["-N", "create", str(path)], ["create", "-n", str(path)], ["create", str(path)]):
        xl(*arguments)
    subprocess.run(["xenstore-read", "/local/domain/1/name"], env=fake_xen.environment, check=True, capture_output=True)
    xl("frobnicate")
    assert len(fake_xen.calls()) == 6 and fake_xen.calls()[0] == ["xl", "list"]
    assert fake_xen.mutating_calls() == [["xl", "create", str(path)], ["xl", "frobnicate"]]
    fake_xen.forget_calls()
    assert fake_xen.calls() == []


def test_calls_side_by_side_lose_nothing(fake_xen: FakeXen, xl: Xl) -> None:
    paths = [config(fake_xen, name=f"p{number}") for number in range(4)]
    running = [
        subprocess.Popen(["xl", "create", "-q", str(path)], env=fake_xen.environment, stderr=subprocess.PIPE)
        for path in paths
    ]
    assert [process.communicate()[1] for process in running] == [b""] * 4
    assert sorted(states(xl)) == ["p0", "p1", "p2", "p3"]
    assert sorted(domain["domid"] for domain in fake_xen.state["domains"]) == [1, 2, 3, 4]


def test_uptime_follows_the_clock_of_the_test(fake_xen: FakeXen, xl: Xl) -> None:
    fake_xen.add_domain(config(fake_xen))
    fake_xen.advance(93784)
    assert xl("uptime", "web").stdout.splitlines()[1] == "web                                  1 1 day,  2:03:04"


def test_xenstore_tells_the_console(fake_xen: FakeXen, xl: Xl) -> None:
    fake_xen.add_domain(config(fake_xen))
    environment = fake_xen.environment
    read = subprocess.run(
        ["xenstore-read", "/local/domain/1/console/tty"], env=environment, check=False, capture_output=True, text=True
    )
    assert read.stdout == "/dev/pts/0\n"
    missing = subprocess.run(
        ["xenstore-read", "/local/domain/9/name"], env=environment, check=False, capture_output=True, text=True
    )
    assert (missing.returncode, missing.stderr) == (1, "xenstore-read: couldn't read path /local/domain/9/name\n")


def test_without_xens_parser_ours_stands_in(fake_xen: FakeXen, xl: Xl, tmp_path: Path) -> None:
    """On a machine without libxlutil the fake works, with plainer words about the grammar."""
    environment = {**fake_xen.environment, "XLU_LIBRARY_PATH": str(tmp_path / "nosuch.so")}
    disk = fake_xen.file("web.img")
    good = config(fake_xen, f"disk = ['format=raw,vdev=xvda,access=rw,target={disk}']\nvif = ['bridge=xenbr0']\n")
    created = subprocess.run(["xl", "create", str(good)], env=environment, check=False, capture_output=True, text=True)
    assert (created.returncode, created.stderr) == (0, f"Parsing config from {good}\n")
    domain = fake_xen.domain("web")
    assert domain is not None
    assert domain["config"]["disks"] == [
        {"pdev_path": str(disk), "vdev": "xvda", "format": "raw", "readwrite": 1, "colo_restore_enable": "False"}
    ]
    bad = config(fake_xen, "vif = [\n", name="bad")
    refused = subprocess.run(["xl", "create", str(bad)], env=environment, check=False, capture_output=True, text=True)
    assert refused.returncode == 1 and f"{bad}:" in refused.stderr and "Failed to parse config" in refused.stderr
