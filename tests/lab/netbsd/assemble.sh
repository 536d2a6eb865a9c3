#!/bin/sh
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# assemble.sh ROOTFS: packages, package tools and release directories for a root with NetBSD's face. Environment:
# LAB_XEN, LAB_VMLINUX (plain ELF files; without them there are stand-ins), LAB_PYTHON (3.11 or later).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "${1:?usage: assemble.sh ROOTFS}" && pwd)
cd "$here/.."
exec "${LAB_PYTHON:-python3}" -B -m netbsd "$root"
