# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a NetBSD dom0 kernel takes from its command line, and what QEMU is told in its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from loader_disk import boot
from xenlab import starter
from xenlab.loader import images, kernelline
from xenlab.loader.outcome import Module, Native, Xen


def test_functions_are_hidden_in_the_short_and_the_long_form() -> None:
    assert kernelline.hidden_functions("(00:05.0)(0000:1a:1f.7)") == (((0, 5, 0), (0x1A, 0x1F, 7)), [])


@pytest.mark.parametrize(
    ("value", "found", "complaint"),
    [
        ("00:05.0", (), "syntax error at 00:05.0"),
        ("(00:05.0),(00:06.0)", ((0, 5, 0),), "syntax error at ,(00:06.0)"),
        ("(00:05.0", (), "syntax error at (00:05.0"),
        ("(0001:00:05.0)(00:06.0)", ((0, 6, 0),), "syntax error at char 0001:00:05.0"),
        ("(00:05)(00:06.0)", ((0, 6, 0),), "syntax error at char 00:05"),
    ],
)
def test_the_syntax_is_strict(value: str, found: tuple[tuple[int, int, int], ...], complaint: str) -> None:
    functions, complaints = kernelline.hidden_functions(value)
    assert functions == found
    assert complaint in complaints[0]


def test_the_buffer_holds_seven_devices() -> None:
    seven = "".join(f"(00:0{n}.0)" for n in range(7))
    assert len(kernelline.hidden_functions(seven)[0]) == 7
    functions, complaints = kernelline.hidden_functions(seven + "(00:07.0)")
    assert (len(functions), complaints) == (7, [])
    functions, complaints = kernelline.hidden_functions("(0000:00:01.0)" * 5)
    assert (len(functions), len(complaints)) == (4, 1)


def test_a_line_beyond_255_characters_is_cut() -> None:
    line = kernelline.read("x" * 250 + " root=wd1a")
    assert "Truncated" in line.complaints[0]
    assert not line.waits


@pytest.mark.parametrize(
    ("arguments", "waits"),
    [
        ("bootdev=wd0a console=pc", ""),
        ("ROOT=dk3", ""),
        ("root=wd1a", "there is no wd1a"),
        ("-a", "asks for its root device"),
        ("-sc", "userconf"),
        ("-s", ""),
    ],
)
def test_a_kernel_that_asks_does_not_come_up(arguments: str, waits: str) -> None:
    assert waits in kernelline.read(arguments).waits
    assert bool(kernelline.read(arguments).waits) == bool(waits)


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, Path]:
    """A boot directory and an initramfs."""
    initrd = tmp_path / "initrd"
    initrd.write_bytes(b"initramfs")
    (tmp_path / "boot").mkdir()
    return tmp_path / "boot", initrd


def test_xen_is_started_with_the_entrys_words_and_linux_for_netbsd(place: tuple[Path, Path]) -> None:
    text = "load /netbsd-XEN3_DOM0.gz console=pc pciback.hide=(00:05.0);multiboot /xen.gz dom0_mem=512M,max:512M"
    result = boot(f"menu=Xen:{text}\n").result
    assert isinstance(result, Xen)
    started = starter.xen(result, *place)
    arguments = dict(zip(started.arguments[::2], started.arguments[1::2], strict=True))
    assert arguments["-append"] == f"{starter.XEN_DEFAULTS} dom0_mem=512M,,max:512M {starter.XEN_NEEDS}"
    modules = arguments["-initrd"].replace(",,", "\0").split(",")
    assert modules[0].startswith("module0 console=pc pciback.hide=(00:05.0) lab.kernel=XEN3_DOM0 lab.release=10.1 ")
    assert " xen-pciback.hide=(0000:00:05.0) console=hvc0 " in modules[0]
    assert modules[1:] == ["initrd.gz"]
    assert (place[0] / "module0").read_bytes() == result.modules[0].image.data
    assert started.dom0.hidden == ((0, 5, 0),)


def test_a_wrong_first_module_is_handed_to_xen_as_it_is(place: tuple[Path, Path]) -> None:
    result = boot("menu=Xen:rndseed /var/db/entropy-file;multiboot /xen.gz\n").result
    assert isinstance(result, Xen)
    assert starter.xen(result, *place).arguments[-1] == "module0"
    assert (place[0] / "module0").read_bytes() == b"seed"


def test_a_kernel_without_xen_support_is_none_for_xen(place: tuple[Path, Path]) -> None:
    generic = images.Image(b"\x7fELF", "10.1", "GENERIC")
    starter.xen(Xen("/xen.gz", images.Image(b""), "", (Module("/netbsd", generic),)), *place)
    assert (place[0] / "module0").read_bytes() == starter.NO_KERNEL


def test_no_module_is_no_module(place: tuple[Path, Path]) -> None:
    assert "-initrd" not in starter.xen(Xen("/xen.gz", images.Image(b""), "", ()), *place).arguments


def test_a_native_kernel_gets_its_flags(place: tuple[Path, Path]) -> None:
    image = images.Image(b"\x7fELF", "10.1", "GENERIC")
    started = starter.native(Native("netbsd", image, "s"), *place)
    assert started.arguments[-1].startswith("-s lab.kernel=GENERIC lab.release=10.1 lab.booted=netbsd console=ttyS0 ")
    assert not started.waits
    assert "userconf" in starter.native(Native("netbsd", image, "c"), *place).waits
