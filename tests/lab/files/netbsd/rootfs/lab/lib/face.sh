# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2034

# What every command of the face shares; read with `.`. LAB_ROOT is a prefix for unit tests, empty on the host.
#
# face_release face_machine     from /etc/lab/face
# face_major                    10 for 10.1
: "${LAB_ROOT:=}"
face_release=10.1
face_machine=amd64
face_linux=/lab/linux

if [ -r "$LAB_ROOT/etc/lab/face" ]; then
    while IFS='=' read -r face_key face_value; do
        case $face_key in
        release) face_release=$face_value ;;
        machine) face_machine=$face_value ;;
        esac
    done <"$LAB_ROOT/etc/lab/face"
fi
face_major=${face_release%%.*}

# Debian's commands, for those that the lab's scripts need.
linux() { PATH="$face_linux/sbin:$face_linux/bin:$PATH" "$@"; }

# The kernel's command line. A harness without a machine writes its own.
face_commandline() {
    face_line=
    if [ -r "$LAB_ROOT/run/lab/cmdline" ]; then
        read -r face_line <"$LAB_ROOT/run/lab/cmdline"
    else
        read -r face_line <"$LAB_ROOT/proc/cmdline"
    fi
    printf '%s\n' "$face_line"
}

# face_word NAME: the value of the last NAME=VALUE on the kernel's command line
face_word() {
    face_value=
    for face_each in $(face_commandline); do
        case $face_each in "$1="*) face_value=${face_each#*=} ;; esac
    done
    printf '%s\n' "$face_value"
}

face_is_xen() {
    [ -e "$LAB_ROOT/run/lab/xen" ] || [ -e "$LAB_ROOT/sys/hypervisor/type" ]
}

# Only the first domain may control others: Linux says so in /proc/xen/capabilities.
face_is_dom0() {
    [ -e "$LAB_ROOT/run/lab/xen" ] || grep -q control_d "$LAB_ROOT/proc/xen/capabilities" 2>/dev/null
}

# 4.17.4, or what the machinery says that is running (the lab has one hypervisor and shows several).
face_xen_version() {
    if [ -s "$LAB_ROOT/run/lab/xen-version" ]; then
        cat "$LAB_ROOT/run/lab/xen-version"
    elif [ -s "$LAB_ROOT/etc/lab/xen-version" ]; then
        cat "$LAB_ROOT/etc/lab/xen-version"
    else
        face_found=
        for face_each in major minor extra; do
            read -r face_value <"$LAB_ROOT/sys/hypervisor/version/$face_each"
            case $face_each in
            minor) face_found=$face_found.$face_value ;;
            *) face_found=$face_found$face_value ;;
            esac
        done
        printf '%s\n' "$face_found"
    fi
}

# The release of the running kernel, which may be another than the userland's.
face_kernel_release() {
    face_running=$(face_word lab.release)
    printf '%s\n' "${face_running:-$face_release}"
}

# The configuration that the running kernel was built from: GENERIC, XEN3_DOM0, XEN3PAE_DOM0
face_kernel_config() {
    face_config=$(face_word lab.kernel)
    if [ -z "$face_config" ]; then
        if face_is_xen; then face_config=XEN3_DOM0; else face_config=GENERIC; fi
    fi
    printf '%s\n' "$face_config"
}

# Sources: sys/conf/newvers.sh (kern.version), usr.bin/uname/uname.c. The build date is that of the release.
face_kernel_version() {
    face_built=$(face_kernel_release)
    case $face_built in
    11.*) face_date='Mon Jan  5 12:00:00 UTC 2026' ;;
    10.1) face_date='Mon Dec 16 13:08:11 UTC 2024' ;;
    10.*) face_date='Thu Mar 28 08:33:33 UTC 2024' ;;
    9.*) face_date='Thu Aug  4 15:30:37 UTC 2022' ;;
    8.*) face_date='Sat Apr  6 23:39:59 UTC 2024' ;;
    7.*) face_date='Thu Mar 15 17:32:43 UTC 2018' ;;
    *) face_date='Wed Nov 10 01:00:00 UTC 2010' ;;
    esac
    face_config=$(face_kernel_config)
    printf 'NetBSD %s (%s) #0: %s  mkrepro@mkrepro.NetBSD.org:/usr/src/sys/arch/%s/compile/%s\n' \
        "$face_built" "$face_config" "$face_date" "$face_machine" "$face_config"
}

face_processor() {
    case $face_machine in amd64) echo x86_64 ;; *) echo "$face_machine" ;; esac
}

# The time of boot in seconds: now less the uptime, fixed at the first asking after each boot.
face_boottime() {
    face_kept=$LAB_ROOT/run/lab/boottime
    if [ ! -s "$face_kept" ]; then
        mkdir -p "$LAB_ROOT/run/lab"
        read -r face_up _ <"$LAB_ROOT/proc/uptime"
        echo $(($(date +%s) - ${face_up%%.*})) >"$face_kept"
    fi
    cat "$face_kept"
}
