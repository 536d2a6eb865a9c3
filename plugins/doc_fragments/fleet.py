# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How the inventory plugin reaches and asks dom0s; see plugin_utils/_fleet_settings.py."""

    DOCUMENTATION = r"""
options:
  dom0s:
    description:
      - The Xen hosts to ask. Each is a name, which may have ranges as in other inventories (V(xen[01:20].example.org))
        and a port at its end, or a dictionary with such a C(name) and options of its own.
      - Options of its own are C(host) (the address, the name if it is not given) and those below that say how a dom0 is
        reached and asked, O(connection) to O(timeout).
    type: list
    elements: raw
    default: []
  dom0_groups:
    description:
      - Groups whose hosts are asked too. Inventory sources that come before this one must have made them.
      - How they are reached is taken from their variables C(ansible_host), C(ansible_port), C(ansible_user),
        C(ansible_ssh_private_key_file), C(ansible_ssh_args), C(ansible_ssh_common_args), C(ansible_ssh_extra_args),
        C(ansible_control_path), C(ansible_become), C(ansible_become_method) (C(sudo) or C(doas)), C(ansible_connection)
        (C(local), or SSH), C(xen_toolstack) and C(xen_config_dir), whether of the inventory or of group_vars and
        host_vars. What they do not say is as the options here say.
    type: list
    elements: str
    default: []
  connection:
    description: V(local) asks the controller itself, for a controller that is a dom0.
    type: str
    choices: [ssh, local]
    default: ssh
  port:
    description: The port of SSH; without it that of ssh's own configuration.
    type: int
  user:
    description: The user to log in as; without it that of ssh's own configuration. The toolstack works for root only.
    type: str
    default: ""
    env:
      - name: ANSIBLE_REMOTE_USER
    ini:
      - section: defaults
        key: remote_user
  private_key_file:
    description: The key to log in with; without it those of ssh's own configuration and of the agent.
    type: str
    default: ""
    env:
      - name: ANSIBLE_PRIVATE_KEY_FILE
    ini:
      - section: defaults
        key: private_key_file
  ssh_args:
    description:
      - Arguments of ssh, as of the connection plugin P(ansible.builtin.ssh#connection), with which it shares the
        connections that C(ControlPersist) keeps open.
    type: str
    default: -o ControlMaster=auto -o ControlPersist=60s
    env:
      - name: ANSIBLE_SSH_ARGS
    ini:
      - section: ssh_connection
        key: ssh_args
  ssh_common_args:
    description: More arguments of ssh, such as C(-o ProxyJump=gate.example.org).
    type: str
    default: ""
    env:
      - name: ANSIBLE_SSH_COMMON_ARGS
    ini:
      - section: ssh_connection
        key: ssh_common_args
  control_path:
    description: The socket of a shared connection; C(%(directory\)s) in it is O(control_path_dir).
    type: str
    default: ""
  become:
    description: Ask as root by O(become_command).
    type: bool
    default: false
  become_command:
    description: What goes in front of C(sh -s) to be root. It cannot ask for a password.
    type: str
    default: sudo -n
  toolstack:
    description:
      - The toolstack to ask. V(auto) takes what the dom0 has, and where it has both, V(xm) if xend's socket is there.
    type: str
    choices: [auto, xl, xm]
    default: auto
  xl:
    description: Name or path of C(xl) on the dom0.
    type: str
    default: xl
  xm:
    description: Name or path of C(xm) on the dom0.
    type: str
    default: xm
  path:
    description: Folders that are looked at behind those of the PATH that a login on the dom0 has.
    type: list
    elements: str
    default: [/usr/pkg/sbin, /usr/pkg/bin, /usr/local/sbin, /usr/sbin, /sbin]
  configured:
    description:
      - Also take guests that are configured and do not run, from the config files of O(config_dirs). Domains that xend
        manages (C(xm new)) are there in any case.
      - Of a config file only name, type, uuid, memory, vcpus, vifs and disks are taken.
    type: bool
    default: false
  config_dirs:
    description: Folders of config files. One that is not there is passed over.
    type: list
    elements: str
    default: [/usr/pkg/etc/xen, /etc/xen]
  lease_files:
    description:
      - Files of leases on the dom0, of ISC dhcpd or of dnsmasq. One that is not there is passed over.
    type: list
    elements: str
    default:
      - /var/db/dhcpd.leases
      - /var/lib/dhcp/dhcpd.leases
      - /var/db/dnsmasq.leases
      - /var/lib/misc/dnsmasq.leases
  address_sources:
    description:
      - Who is believed about the addresses of a vif, the first one first. V(config) is the key C(ip) of the vif,
        V(leases) are O(lease_files), V(neighbours) is the neighbour table of the dom0 (C(ip neigh), C(arp -an)).
      - A guest can claim any address in its network by ARP, and so be met in place of another host. Leave V(neighbours)
        out where guests are not trusted.
    type: list
    elements: str
    choices: [config, leases, neighbours]
    default: [config, leases, neighbours]
  connect_timeout:
    description: Seconds within which the connection must be there (C(ConnectTimeout) of ssh).
    type: int
    default: 5
  timeout:
    description: Seconds within which a dom0 must have answered, in all.
    type: int
    default: 30
  ssh_executable:
    description: The ssh of the controller.
    type: str
    default: ssh
    env:
      - name: ANSIBLE_SSH_EXECUTABLE
    ini:
      - section: ssh_connection
        key: ssh_executable
  control_path_dir:
    description: Folder of the sockets of shared connections.
    type: str
    default: ~/.ansible/cp
    env:
      - name: ANSIBLE_SSH_CONTROL_PATH_DIR
    ini:
      - section: ssh_connection
        key: control_path_dir
  host_key_checking:
    description: Whether the host key of a dom0 must be known.
    type: bool
    default: true
    env:
      - name: ANSIBLE_HOST_KEY_CHECKING
      - name: ANSIBLE_SSH_HOST_KEY_CHECKING
    ini:
      - section: defaults
        key: host_key_checking
      - section: ssh_connection
        key: host_key_checking
"""
