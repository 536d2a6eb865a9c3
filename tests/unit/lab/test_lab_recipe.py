# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which package sources the lab takes, and when it builds again."""

from __future__ import annotations

from pathlib import Path

import pytest
from xenlab import apt, recipe
from xenlab.errors import LabError

TARGETS = """\
trixie|http://mirror.invalid/debian|main
bookworm|http://mirror.invalid/debian|main
bookworm|http://mirror.invalid/debian|contrib
bookworm-security|http://security.invalid/debian-security|main
bookworm-updates|http://mirror.invalid/debian|main
other|http://vendor.invalid/repo|main
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A small tree like tests/lab/files."""
    (tmp_path / "build").mkdir()
    (tmp_path / "dom0").mkdir()
    (tmp_path / "build" / "base.sh").write_text("debootstrap\n")
    (tmp_path / "build" / "packages.txt").write_text("xen-system-amd64\n")
    (tmp_path / "dom0" / "init").write_text("#!/bin/sh\n")
    return tmp_path


def compute(files: Path, mirror: str = "http://mirror.invalid/debian", suite: str = "bookworm") -> recipe.Recipe:
    return recipe.compute(apt.Sources(suite, mirror, (f"deb {mirror} {suite} main",)), files, (), (), files / "none")


def test_sources_are_the_suite_with_its_updates_and_nothing_else() -> None:
    sources = apt.parse_targets(TARGETS, "bookworm")
    assert sources.mirror == "http://mirror.invalid/debian"
    assert sources.lines == (
        "deb http://mirror.invalid/debian bookworm main",
        "deb http://security.invalid/debian-security bookworm-security main",
        "deb http://mirror.invalid/debian bookworm-updates main",
    )


def test_a_suite_that_apt_does_not_have_is_an_error() -> None:
    with pytest.raises(LabError, match="no component 'main' of Debian sid"):
        apt.parse_targets(TARGETS, "sid")


def test_the_suite_comes_from_os_release() -> None:
    fields = apt.read_os_release('PRETTY_NAME="Debian 13"\nID=debian\nVERSION_CODENAME=trixie\n')
    assert apt.host_suite(fields) == "trixie"
    with pytest.raises(LabError, match="this machine is Some Linux"):
        apt.host_suite({"ID": "some", "PRETTY_NAME": "Some Linux"})


def test_same_files_same_keys_whatever_the_mirror(files: Path) -> None:
    assert compute(files) == compute(files, mirror="https://other.invalid/debian")


def test_a_changed_configuration_keeps_the_slow_stage(files: Path) -> None:
    before = compute(files)
    (files / "dom0" / "init").write_text("#!/bin/sh\nexit\n")
    after = compute(files)
    assert after.base_key == before.base_key
    assert after.image_key != before.image_key


@pytest.mark.parametrize("name", ["base.sh", "packages.txt"])
def test_a_changed_base_changes_both_stages(files: Path, name: str) -> None:
    before = compute(files)
    (files / "build" / name).write_text("other\n")
    after = compute(files)
    assert after.base_key != before.base_key
    assert after.image_key != before.image_key


def test_a_changed_face_makes_the_netbsd_image_anew_and_no_other(files: Path) -> None:
    before = compute(files)
    (files / "netbsd").mkdir()
    (files / "netbsd" / "uname").write_text("#!/bin/sh\n")
    with_face = compute(files)
    (files / "netbsd" / "uname").unlink()
    (files / "netbsd" / "uname").symlink_to("true")
    with_link = compute(files)
    assert before.image_key == with_face.image_key == with_link.image_key
    assert len({before.netbsd_key, with_face.netbsd_key, with_link.netbsd_key}) == 3


def test_changed_packages_make_the_netbsd_image_anew(files: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    packages = tmp_path_factory.mktemp("packages")
    sources = apt.Sources("bookworm", "http://mirror.invalid/debian", ())
    keys = []
    for text in ("4.18", "4.20"):
        (packages / "versions").write_text(text)
        keys.append(recipe.compute(sources, files, (), (), packages))
    assert keys[0].netbsd_key != keys[1].netbsd_key


def test_the_execute_bit_and_the_suite_count(files: Path) -> None:
    before = compute(files)
    assert compute(files, suite="trixie").base_key != before.base_key
    (files / "dom0" / "init").chmod(0o755)
    assert compute(files).image_key != before.image_key


def test_the_boundaries_between_parts_count() -> None:
    assert recipe.digest(["ab", "c"]) != recipe.digest(["a", "bc"])
