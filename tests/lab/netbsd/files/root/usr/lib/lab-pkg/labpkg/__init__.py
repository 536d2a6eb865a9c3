# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The package tools of the lab's NetBSD face: pkg_add, pkg_delete, pkg_admin and pkgin, strict and stateful.

What they do and say follows pkgsrc's pkgtools/pkg_install (files/{add,delete,lib}) and NetBSDfr/pkgin; nothing is
copied. They work on the files that the real ones use (/var/db/pkg, /var/db/pkgin, /usr/pkg/etc/pkgin).
"""
