# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154

# vnd(4) on loop devices; read after face.sh. A configured one is a file $vnd_state/vndN: "LOOPDEVICE FILE".
vnd_state=$LAB_ROOT/run/lab/vnd

# vnd_name vnd3d | /dev/rvnd3d | vnd3: vnd3, or nothing
vnd_name() { echo "$1" | sed -n 's|^\(/dev/\)\{0,1\}r\{0,1\}\(vnd[0-9][0-9]*\)[a-p]\{0,1\}$|\2|p'; }

# NetBSD opens the raw partition, d on amd64 and i386
vnd_raw() { echo "/dev/r${1}d"; }
vnd_has_node() { [ -e "$LAB_ROOT$(vnd_raw "$1")" ]; }
vnd_in_use() { [ -e "$vnd_state/$1" ]; }
vnd_loop() { cut -d' ' -f1 "$vnd_state/$1"; }
vnd_file() { cut -d' ' -f2- "$vnd_state/$1"; }

# vnd_partition /dev/vnd0a: "SIZE OFFSET TYPE" in sectors, from the label in the file; fails for a partition of no size.
# Without a label, the kernel makes a the whole disk (sys/kern/subr_disk_mbr.c readdisklabel()).
vnd_partition() {
    vnd_letter=$(echo "$1" | sed -n 's|.*vnd[0-9][0-9]*\([a-p]\)$|\1|p')
    linux python3 "$LAB_ROOT/lab/lib/label.py" partition "$(vnd_file "$(vnd_name "$1")")" "${vnd_letter:-d}"
}

# Kernels make units on demand up to what there are nodes for
vnd_units() {
    for vnd_node in "$LAB_ROOT"/dev/rvnd*d; do
        [ -e "$vnd_node" ] && echo "$vnd_node" | sed 's|.*/r\(vnd[0-9]*\)d$|\1|'
    done | sort -k1.4n
}
