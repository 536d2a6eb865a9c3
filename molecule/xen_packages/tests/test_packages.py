# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pair is there, from the repository of the play, with what goes with it."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("name", ["xenkernel420", "xentools420", "ovmf"])
def test_it_is_installed(host, name):
    assert host.run(f"pkg_info -qe {name}").rc == 0


def test_what_belongs_to_it_is_there(host):
    assert host.file("/usr/pkg/xen420-kernel/xen.gz").is_file
    assert host.file("/usr/pkg/sbin/xl").exists
    assert host.file("/usr/pkg/share/examples/rc.d/xencommons").is_file


def test_its_scripts_are_in_place(host):
    assert host.run("cmp /usr/pkg/share/examples/rc.d/xencommons /etc/rc.d/xencommons").rc == 0


def test_there_is_one_repository(host):
    text = host.file("/usr/pkg/etc/pkgin/repositories.conf").content_string
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines == ["file:///srv/pkgsrc/packages/NetBSD/$arch/10.1/All"]
