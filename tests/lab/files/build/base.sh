#!/bin/sh
# First stage of the image: Debian's own files, nothing of ours.
#
#   base.sh ROOTFS SUITE MIRROR SOURCES_LIST PACKAGES_FILE
#
# It runs in a mount and PID namespace of its own (see xenlab/build.py), so whatever ends it, no mount and no
# process is left behind: the kernel removes both with the namespace.
set -eu
rootfs=$1 suite=$2 mirror=$3 sources=$4 packages=$5
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
export INITRD=No # no initramfs from the kernel package: the lab makes its own in a second

include=
case $(cat "$sources") in *https://*) include=--include=ca-certificates ;; esac

echo "== debootstrap"
# shellcheck disable=SC2086 # $include is empty or one word
debootstrap --variant=minbase $include "$suite" "$rootfs" "$mirror"

cp "$sources" "$rootfs/etc/apt/sources.list"
# No service starts in the chroot, no file is synced (a half-made image is thrown away anyway), no manual is unpacked.
printf '#!/bin/sh\nexit 101\n' >"$rootfs/usr/sbin/policy-rc.d"
chmod +x "$rootfs/usr/sbin/policy-rc.d"
echo force-unsafe-io >"$rootfs/etc/dpkg/dpkg.cfg.d/lab"
for tree in doc man locale info; do
    echo "path-exclude=/usr/share/$tree/*" >>"$rootfs/etc/dpkg/dpkg.cfg.d/lab"
done

mountpoint -q "$rootfs/proc" || mount -t proc proc "$rootfs/proc"
mount --bind /dev "$rootfs/dev"

echo "== apt"
in_root() { chroot "$rootfs" "$@"; }
in_root apt-get update
# shellcheck disable=SC2046 # one word for each package is what is wanted
in_root apt-get install -y --no-install-recommends $(sed 's/#.*//' "$packages")

# The guests' kernel is Debian's "cloud" flavour: smaller and quicker to boot than dom0's. It is unpacked, not installed.
echo "== guest kernel"
package=$(in_root apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: //p' | head -n 1)
# shellcheck disable=SC2016 # expanded by the shell inside the image
in_root sh -c 'cd /tmp && apt-get download "$1" && mkdir -p /srv/guest-kernel && dpkg-deb -x ./*.deb /srv/guest-kernel && rm ./*.deb' sh "$package"

in_root apt-get clean
rm -rf "$rootfs"/var/lib/apt/lists/* "$rootfs/usr/sbin/policy-rc.d" "$rootfs"/usr/share/doc/* "$rootfs"/usr/share/man/*
umount "$rootfs/dev" "$rootfs/proc"
echo "== done"
