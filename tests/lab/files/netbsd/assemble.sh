#!/bin/sh
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Turn the root directory of the lab's Debian dom0 into one that shows NetBSD's face:
#
#   assemble.sh ROOTFS
#
# It is the last step on that directory: what runs before it finds Debian's commands where Debian has them.
# Debian's commands go to /lab/linux; /usr/bin and /usr/sbin start afresh with what NetBSD's base system has.
set -eu
root=${1:?usage: assemble.sh ROOTFS}
here=$(cd "$(dirname "$0")" && pwd)

move_debian_commands() {
    mkdir -p "$root/lab/linux"
    # the names of both directories stay, so that links between them (modprobe -> ../bin/kmod) go on leading somewhere
    for directory in bin sbin; do
        mv "$root/usr/$directory" "$root/lab/linux/$directory"
        mkdir "$root/usr/$directory"
    done
    # PID 1 is busybox, and ps(1) shows it under the name that NetBSD's has
    ln -sf ../bin/busybox "$root/lab/linux/sbin/init"
    mkdir -p "$root/lab/daemons"
    ln "$root/lab/linux/bin/sleep" "$root/lab/daemons/powerd"
    for directory in lib share libexec; do ln -s "/usr/$directory" "$root/lab/linux/$directory"; done
}

# A hard link, so that it is a file like NetBSD's; a symbolic link of Debian's is followed where it now leads.
keep_command() {
    for directory in bin sbin; do
        kept=$root/lab/linux/$directory/$1
        if [ -L "$kept" ]; then
            ln -s "/lab/linux/$directory/$1" "$root/usr/$directory/$1"
        elif [ -e "$kept" ]; then
            ln "$kept" "$root/usr/$directory/$1"
        fi
    done
}

redirect_links() {
    for link in "$root"/etc/alternatives/* "$root"/lab/linux/bin/* "$root"/lab/linux/sbin/*; do
        target=$(readlink "$link") || continue
        case $target in
        /usr/bin/* | /usr/sbin/*) ln -sf "/lab/linux/${target#/usr/}" "$link" ;;
        /bin/* | /sbin/*) ln -sf "/lab/linux$target" "$link" ;;
        esac
    done
}

# What would tell a program that this is a Linux distribution. (Group 0 is wheel, as on every BSD.)
remove_debian_marks() {
    rm -f "$root/etc/os-release" "$root/usr/lib/os-release" "$root/etc/debian_version" "$root/etc/machine-id" \
        "$root/etc/fstab" "$root/etc/motd" "$root/etc/issue" "$root/etc/issue.net" "$root/etc/sysctl.conf" "$root/etc/init.d/"*
    rm -f "$root"/vmlinuz* "$root"/initrd.img*
    rmdir "$root/home" "$root/media" "$root/opt" 2>/dev/null || true
    rm -rf "$root"/etc/rc[0-6S].d "$root/etc/profile.d" "$root/root/.bashrc" "$root/root/.profile"
    rm -rf "$root/etc/network" "$root/etc/systemd" "$root/etc/default" "$root/etc/apt" "$root/etc/dpkg"
    sed -i 's/^root:x:0:.*/wheel:x:0:root/; s/^operator:x:37:/tty:x:37:/; s/^tty:x:5:.*/operator:x:5:root/' "$root/etc/group"
    sed -i 's|^\(root:.*\):/bin/bash$|\1:/bin/sh|' "$root/etc/passwd"
}

# Every Python of Debian's reads this file at its start; the face's part acts only below /usr/pkg.
install_python_face() {
    for site in "$root"/etc/python3.*/sitecustomize.py; do cp "$here/python/sitecustomize.py" "$site"; done
    mkdir -p "$root/usr/pkg/bin"
    ln -sf "$(basename "$(readlink -f "$root/lab/linux/bin/python3")" | sed 's|^|/usr/bin/|')" "$root/usr/pkg/bin/python3.11"
}

move_debian_commands
redirect_links
sed 's/#.*//' "$here/base-commands.txt" | while read -r command; do
    [ -z "$command" ] || keep_command "$command"
done
remove_debian_marks
install_python_face
cp -a --no-preserve=ownership --remove-destination "$here/rootfs/." "$root/"
mkdir -p "$root/kern" "$root/mnt" "$root/rescue" "$root/stand" "$root/altroot" "$root/var/shm"
# /dev as NetBSD's installation leaves it: MAKEDEV keeps what it makes in "its" /dev below /lab/dev/nodes
rm -rf "$root/lab/dev/nodes"
mkdir -p "$root/lab/dev/nodes"
chroot "$root" /bin/sh -c 'cd /lab/dev/nodes && sh ../MAKEDEV all'
# the second stage of the boot loader is a file where Debian has a directory
[ ! -d "$root/boot" ] || rm -rf "${root:?}/boot"
[ -e "$root/boot" ] || cp "$root/usr/mdec/boot" "$root/boot"
[ -e "$root/etc/lab/mbr" ] || echo netbsd >"$root/etc/lab/mbr"
[ -e "$root/etc/lab/firmware" ] || echo bios >"$root/etc/lab/firmware"
packages=$here/../../netbsd/assemble.sh
[ ! -x "$packages" ] || "$packages" "$root"
