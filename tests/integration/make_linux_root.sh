#!/bin/sh
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The root of a small Linux system as a tar archive, made on a host of the lab of what Debian has put there: busybox,
# sshd, and the lab's kernel for guests with its front ends in an initial ramdisk.
#
#   make_linux_root.sh ARCHIVE
#
# Its network, host name, keys, fstab and console are left to whoever makes a guest of it.
set -eu
archive=$1
root=$(mktemp -d /root/linux-root.XXXXXX)
trap 'rm -rf "$root"' EXIT
cd "$root"
mkdir -p bin boot dev etc/init.d etc/ssh lib proc root run/sshd sbin sys tmp usr/bin usr/sbin var/empty
chmod 1777 tmp
chmod 700 root
ln -s ../run var/run
cp -L /bin/busybox bin/busybox
for name in sh login mount umount mkdir hostname cat ls df grep uname ip ifconfig route run-parts sleep; do
    ln -s busybox "bin/$name"
done
for name in init poweroff reboot halt getty ifup; do ln -s ../bin/busybox "sbin/$name"; done

# Debian's sshd, and the shared objects that it says it needs
cp /usr/sbin/sshd usr/sbin/sshd
ldd /usr/sbin/sshd | grep -o '/[^ ]*' | while read -r object; do
    mkdir -p ".${object%/*}"
    cp -L "$object" ".$object"
done
for object in /lib/x86_64-linux-gnu/libnss_files.so.2 /lib/x86_64-linux-gnu/libnss_compat.so.2; do
    [ ! -e "$object" ] || cp -L "$object" ".$object"
done
printf 'PermitRootLogin prohibit-password\nUsePAM no\n' >etc/ssh/sshd_config

printf 'root::0:0:root:/root:/bin/sh\nsshd:*:100:65534::/run/sshd:/bin/false\n' >etc/passwd
printf 'root:x:0:\nnogroup:x:65534:\n' >etc/group
printf '127.0.0.1\tlocalhost\n' >etc/hosts
cat >etc/inittab <<'END'
::sysinit:/etc/init.d/rcS
::respawn:/usr/sbin/sshd -D
::shutdown:/bin/umount -a -r
END
cat >etc/init.d/rcS <<'END'
#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
mount -o remount,rw /
mkdir -p /run/sshd
hostname -F /etc/hostname
END
chmod 755 etc/init.d/rcS

# The ramdisk: Debian's cloud kernel has ext4 in it, and the front ends as modules, which the lab's own ramdisk holds.
ramdisk=$(mktemp -d /root/linux-ramdisk.XXXXXX)
(
    cd "$ramdisk"
    zcat /srv/domu/initrd.gz | busybox cpio -id 2>/dev/null
    cat >init <<'END'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t devtmpfs dev /dev
for module in /lib/*.ko; do $b insmod "$module"; done
root=$($b sed -n 's/.*\broot=\([^ ]*\).*/\1/p' /proc/cmdline)
tries=0
while [ ! -b "$root" ] && [ $tries -lt 100 ]; do $b usleep 100000; tries=$((tries + 1)); done
$b mount -o ro "$root" /newroot
$b mount -o move /dev /newroot/dev
$b umount /proc
exec $b switch_root /newroot /sbin/init
END
    find . | busybox cpio -o -H newc 2>/dev/null | gzip -1 >"$root/boot/initrd.img-6.1-lab"
)
rm -rf "$ramdisk"
cp /srv/domu/vmlinuz boot/vmlinuz-6.1-lab
tar -cf - --numeric-owner --owner=0 --group=0 . | gzip -1 >"$archive.partial"
mv "$archive.partial" "$archive"
