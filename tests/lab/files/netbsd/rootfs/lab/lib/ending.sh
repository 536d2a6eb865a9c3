# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154

# The end of a boot, for shutdown, reboot, halt and poweroff; read after face.sh.

# ending_run HOW GRACEFUL: reset or switch off the machine. GRACEFUL also runs /etc/rc.shutdown (not so "reboot", which
# sends signals only: reboot(8)). What asked for it gets a second to hear the answer.
ending_run() {
    [ "$2" != graceful ] || sh /etc/rc.shutdown >/dev/console 2>&1
    linux logger -t "${0##*/}" "$1" 2>/dev/null
    ending_save_devices
    sync
    case $1 in
    reboot) "$face_linux/bin/busybox" reboot -f ;;
    # NetBSD without -p stops and waits for a key; there is nobody to press one, and the supervisor sees the end
    halt | poweroff) "$face_linux/bin/busybox" poweroff -f ;;
    esac
}

# A node that was removed from /dev is gone on NetBSD, whose /dev is on disk; so it leaves MAKEDEV's copies.
ending_save_devices() {
    for ending_node in "$LAB_ROOT"/lab/dev/nodes/*; do
        [ -e "$LAB_ROOT/dev/${ending_node##*/}" ] || rm -f "$ending_node"
    done
}
