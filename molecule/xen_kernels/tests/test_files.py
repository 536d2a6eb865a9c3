# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files on the root file system are those of the package and of the release, and the native kernel is untouched."""

from __future__ import annotations

KERNELS = "/srv/netbsd/NetBSD-10.1/amd64/binary/kernel"


def test_the_hypervisor_is_that_of_the_package(host):
    assert host.run("cmp /xen420.gz /usr/pkg/xen420-kernel/xen.gz").rc == 0


def test_the_dom0_kernel_is_that_of_the_release(host):
    assert host.run(f"cmp /netbsd-XEN3_DOM0.gz {KERNELS}/netbsd-XEN3_DOM0.gz").rc == 0


def test_the_native_kernel_is_no_xen_kernel(host):
    assert host.run("grep -q XEN3_DOM0 /netbsd").rc == 1


def test_nothing_half_written_is_left(host):
    assert host.check_output("ls -a / | grep '^\\.' | grep -e xen -e netbsd || true") == ""
