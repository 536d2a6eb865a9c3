# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154

# Network interfaces as NetBSD sees them, on Linux's. Read after face.sh.
#
# Names: Linux's lo is lo0; names that begin with "lab-" are the lab's own and not shown.
# One real difference is hidden: a member of NetBSD's bridge(4) keeps its addresses and answers to them; on Linux they
# must be on the bridge. So they go there while the interface is a member, under the label BRIDGE:MEMBER, and
# ifconfig goes on showing them at the member. Such a bridge must be up on Linux; whether NetBSD's is, is in netif_state.
netif_state=$LAB_ROOT/run/lab/bridge

# Programs cost most of the time here, so what /sys says is read from there.
netif_sys=$LAB_ROOT/sys/class/net

netif_linux_name() { if [ "$1" = lo0 ]; then echo lo; else echo "$1"; fi; }

# netif_read NAME FILE: one of the files that /sys has of an interface
netif_read() {
    netif_value=
    case $1 in
    lo0) read -r netif_value <"$netif_sys/lo/$2" ;;
    *) read -r netif_value <"$netif_sys/$1/$2" ;;
    esac
    echo "$netif_value"
}

# netif_exists NAME, in NetBSD's names
netif_exists() {
    case $1 in
    lo | lab-* | '' | */*) return 1 ;;
    lo0) return 0 ;;
    esac
    [ -e "$netif_sys/$1" ]
}

# All names, in NetBSD's order: hardware, loopback, clones
netif_list() {
    netif_hardware='' netif_clones=''
    for netif_each in "$netif_sys"/*; do
        netif_each=${netif_each##*/}
        case $netif_each in
        lo | lab-* | bonding_masters) ;;
        bridge[0-9]* | tap[0-9]* | vlan[0-9]* | xvif[0-9]* | vif[0-9]*) netif_clones="$netif_clones $netif_each" ;;
        *) netif_hardware="$netif_hardware $netif_each" ;;
        esac
    done
    netif_hardware="$netif_hardware lo0$netif_clones"
    echo "${netif_hardware# }"
}

# The bridge that NAME is a member of; nothing if it is of none.
netif_bridge_of() {
    [ -e "$netif_sys/$1/master" ] || return 0
    (
        cd -P "$netif_sys/$1/master" && netif_path=$(pwd -P) && echo "${netif_path##*/}"
    )
}

netif_members() {
    for netif_each in "$netif_sys/$1"/brif/*; do
        [ ! -e "$netif_each" ] || echo "${netif_each##*/}"
    done
}

netif_mtu() { netif_read "$1" mtu; }

# The device that holds the addresses of NAME, and their label: "DEVICE LABEL"
netif_holder() {
    netif_master=$(netif_bridge_of "$1")
    if [ -n "$netif_master" ]; then
        echo "$netif_master $netif_master:$1"
    else
        netif_master=$(netif_linux_name "$1")
        echo "$netif_master $netif_master"
    fi
}

# The IPv4 addresses of NAME, one A.B.C.D/N a line
netif_addresses() {
    linux ip -o -4 addr show | awk -v name="$(netif_linux_name "$1")" '
        {
            address = ""
            for (i = 1; i <= NF; i++) {
                if ($i == "inet") address = $(i + 1)
                # the label comes last, before the backslash that stands for the end of a line
                if ($i ~ /\\$/) { label = $i; sub(/\\$/, "", label); break }
            }
            sub(/.*:/, "", label)
            if (label == name) print address
        }'
}

# netif_move FROM TO LABEL ADDRESS...: addresses, and the routes that go with them, in one go
netif_move() {
    netif_from=$1 netif_to=$2 netif_label=$3
    shift 3
    netif_gateway=$(linux ip route show default dev "$netif_from" 2>/dev/null | sed -n 's/.*via \([^ ]*\).*/\1/p')
    {
        for netif_address in "$@"; do
            echo "addr del $netif_address dev $netif_from"
            echo "addr add $netif_address dev $netif_to brd + label $netif_label"
        done
        if [ -n "$netif_gateway" ]; then echo "route replace default via $netif_gateway dev $netif_to"; fi
    } | linux ip -force -batch -
}

netif_is_up() {
    case $1 in
    bridge[0-9]*) [ -e "$netif_state/$1.up" ] ;;
    *) [ $(($(netif_read "$1" flags) & 1)) -eq 1 ] ;;
    esac
}

# netif_set_up NAME, netif_set_down NAME. A bridge that carries a member's addresses stays up underneath.
netif_set_up() {
    case $1 in bridge[0-9]*)
        mkdir -p "$netif_state"
        : >"$netif_state/$1.up"
        ;;
    esac
    linux ip link set dev "$(netif_linux_name "$1")" up
}

netif_set_down() {
    case $1 in bridge[0-9]*)
        rm -f "$netif_state/$1.up"
        if linux ip -o -4 addr show dev "$1" | grep -q "$1:"; then return 0; fi
        ;;
    esac
    linux ip link set dev "$(netif_linux_name "$1")" down
}

netif_is_cloned() {
    case $1 in bridge[0-9]* | tap[0-9]* | vlan[0-9]*) return 0 ;; esac
    return 1
}

# Put a member into a bridge, with its addresses; its MAC becomes the bridge's, so that neighbours notice nothing.
netif_join() {
    # shellcheck disable=SC2046
    set -- "$1" "$2" $(netif_addresses "$2")
    netif_bridge=$1 netif_member=$2
    shift 2
    linux ip link set dev "$netif_member" master "$netif_bridge" || return 1
    [ $# -gt 0 ] || return 0
    linux ip link set dev "$netif_bridge" address "$(netif_read "$netif_member" address)" up
    netif_move "$netif_member" "$netif_bridge" "$netif_bridge:$netif_member" "$@"
}

netif_leave() {
    # shellcheck disable=SC2046
    set -- "$1" "$2" $(netif_addresses "$2")
    netif_bridge=$1 netif_member=$2
    shift 2
    linux ip link set dev "$netif_member" nomaster || return 1
    [ $# -eq 0 ] || netif_move "$netif_bridge" "$netif_member" "$netif_member" "$@"
    netif_is_up "$netif_bridge" || linux ip link set dev "$netif_bridge" down
    rm -f "$netif_state/$netif_bridge.stp.$netif_member"
}
