# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boot loaders of a NetBSD/x86 machine, as pure functions: from the files of a disk to what they would start.

Written from the loaders' own sources, apart from the collection's parsers on purpose: tests compare the two. Start
reading at `start.boot`.
"""
