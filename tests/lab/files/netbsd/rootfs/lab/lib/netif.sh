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

netif_linux_name() { if [ "$1" = lo0 ]; then echo lo; else echo "$1"; fi; }

# netif_exists NAME, in NetBSD's names
netif_exists() {
    case $1 in lo | lab-* | '' | */*) return 1 ;; esac
    linux ip link show dev "$(netif_linux_name "$1")" >/dev/null 2>&1
}

# All names, in NetBSD's order: hardware, loopback, clones
netif_list() {
    linux ip -o link show | awk -F ': ' '
        { name = $2; sub(/@.*/, "", name) }
        name ~ /^lab-/ { next }
        name == "lo" { loopback = "lo0"; next }
        name ~ /^(bridge|tap|vlan|xvif|vif)[0-9]/ { clones = clones " " name; next }
        { hardware = hardware " " name }
        END { $0 = hardware " " loopback clones; $1 = $1; print }' OFS=' ' | tr -s ' ' | sed 's/^ //; s/ $//'
}

# The bridge that NAME is a member of; nothing if it is of none.
netif_bridge_of() {
    linux ip -o link show dev "$(netif_linux_name "$1")" 2>/dev/null | sed -n 's/.* master \([^ ]*\) .*/\1/p'
}

netif_members() {
    linux ip -o link show master "$1" 2>/dev/null | awk -F ': ' '{ sub(/@.*/, "", $2); print $2 }'
}

netif_mtu() { linux ip -o link show dev "$(netif_linux_name "$1")" 2>/dev/null | sed -n 's/.* mtu \([0-9]*\) .*/\1/p'; }

# The device that holds the addresses of NAME, and their label: "DEVICE LABEL"
netif_holder() {
    netif_master=$(netif_bridge_of "$1")
    if [ -n "$netif_master" ]; then
        echo "$netif_master $netif_master:$1"
    else
        echo "$(netif_linux_name "$1") $(netif_linux_name "$1")"
    fi
}

# The IPv4 addresses of NAME, one A.B.C.D/N a line
netif_addresses() {
    # shellcheck disable=SC2046
    set -- $(netif_holder "$1")
    linux ip -o -4 addr show dev "$1" | awk -v label="$2" '
        { for (i = 1; i <= NF; i++) if ($i == "inet") address = $(i + 1) }
        { for (i = 1; i <= NF; i++) if ($i == label "\\") print address }'
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
    *) linux ip -o link show dev "$(netif_linux_name "$1")" 2>/dev/null | grep -q '[<,]UP[,>]' ;;
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
    netif_mac=$(linux ip -o link show dev "$netif_member" | sed -n 's/.*link\/ether \([^ ]*\).*/\1/p')
    # a member always passes frames on NetBSD, whether it was brought up or not; Linux wants it up
    linux ip link set dev "$netif_member" master "$netif_bridge" || return 1
    [ $# -gt 0 ] || return 0
    linux ip link set dev "$netif_bridge" address "$netif_mac" up
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
