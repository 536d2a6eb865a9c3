# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154

# The table of mounted file systems as NetBSD shows it; read after face.sh.
#
# /dev/wd0a on / is always there. What the face's mount(8) mounts is kept in $mounts_table, one "SPEC NODE TYPE OPTIONS"
# a line, as long as Linux has something mounted there too (the table is in /run: a reboot empties it).
mounts_table=$LAB_ROOT/run/lab/mounts

mounts_list() {
    echo "/dev/wd0a / ffs local"
    [ -r "$mounts_table" ] || return 0
    while read -r mounts_line; do echo "$mounts_line"; done <"$mounts_table"
}

# mounts_find NODE-OR-SPEC: the line of what is mounted there
mounts_find() { mounts_list | awk -v what="$1" '$1 == what || $2 == what' | tail -n 1; }

mounts_at() {
    mounts_last=
    if [ "$1" = / ]; then mounts_last="/dev/wd0a / ffs local"; fi
    if [ -r "$mounts_table" ]; then
        while read -r mounts_spec mounts_node mounts_rest; do
            [ "$mounts_node" != "$1" ] || mounts_last="$mounts_spec $mounts_node $mounts_rest"
        done <"$mounts_table"
    fi
    [ -z "$mounts_last" ] || echo "$mounts_last"
}

mounts_add() {
    mkdir -p "$LAB_ROOT/run/lab"
    echo "$*" >>"$mounts_table"
}

mounts_remove() {
    # in one write: two umounts at the same time must not lose a line
    awk -v node="$1" '$2 == node { last = NR } { line[NR] = $0 }
        END { for (i = 1; i <= NR; i++) if (i != last) print line[i] }' "$mounts_table" >"$mounts_table.$$"
    mv "$mounts_table.$$" "$mounts_table"
}

# fstab_find NODE-OR-SPEC: "SPEC NODE TYPE OPTIONS" of fstab's line for it
fstab_find() {
    awk -v what="$1" '/^[ \t]*#/ || NF < 3 { next } $2 == what || $1 == what { print $1, $2, $3, ($4 == "" ? "rw" : $4); exit }' \
        "$LAB_ROOT/etc/fstab"
}
