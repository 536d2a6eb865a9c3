# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stateful fake of Xen's ``xl``, for unit tests without a hypervisor.

It is a program: a test puts it first on ``PATH`` and the code under test runs it as it would run the real one. Its
host and its domains live in one JSON file, named by the environment variable ``FAKE_XL_STATE``; every call is written
to a log beside it. What it prints and which status it exits with was taken from real runs of Xen 4.17
(``tests/fixtures/captures``), and ``tests/unit/fake`` holds it to them. Nothing depends on the clock: time passes by
calls of ``xl list``.

Tests use the class ``FakeXen`` of ``tests.fake.harness``; the rest belongs to the program.
"""
