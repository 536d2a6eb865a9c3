# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files of a Linux guest are made to say, distribution by distribution, and what its kernel is."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host._rootdir import Entry, RootDir
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest import _linux_files, _linux_kernel, _linux_network
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest._linux_kernel import Kernel
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest._linux_network import network_of

STATIC = {"address": "10.0.0.5/24", "gateway": "10.0.0.1", "nameservers": ["10.0.0.2"], "search": "example.org"}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJcL admin"
BUSYBOX = "::sysinit:/etc/init.d/rcS\n"
SYSV = "id:2:initdefault:\n1:2345:respawn:/sbin/getty 38400 tty1\n"


@pytest.fixture
def system(tmp_path):
    """Makes a root with these files in it."""

    def make(**files):
        root = RootDir(str(tmp_path))
        for path, text in files.items():
            root.put(path.replace("__", "-").replace("_", "/"), Entry(data=text.encode()))
        return root

    return make


def apply(wanted, root):
    """Write the changes; the texts by path, and whether a second look finds nothing."""
    changes = _linux_files.changes(wanted, root)
    for change in changes:
        if change.after is None:
            root.remove(change.path)
        else:
            root.put(change.path, change.after)
    assert _linux_files.changes(wanted, root) == []
    return {change.path: change.after.data.decode() for change in changes if change.after and change.after.data}


def test_ifupdown(system):
    root = system(_sbin_ifup="", _etc_inittab=SYSV, _etc_securetty="tty1")
    told = apply(_linux_files.Wanted(network=network_of(STATIC), console=True), root)
    assert told["/etc/network/interfaces"] == (
        "# Written by Ansible\nauto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n"
        "    address 10.0.0.5\n    netmask 255.255.255.0\n    gateway 10.0.0.1\n"
    )
    assert told["/etc/resolv.conf"] == "search example.org\nnameserver 10.0.0.2\n"
    assert told["/etc/inittab"] == f"{SYSV}h0:2345:respawn:/sbin/getty 115200 hvc0 vt100\n"
    assert told["/etc/securetty"] == "tty1\nhvc0\n"


def test_busybox(system):
    told = apply(_linux_files.Wanted(network=network_of({"dhcp": True}), console=True), system(_etc_inittab=BUSYBOX))
    assert told["/etc/inittab"] == (
        f"{BUSYBOX}::wait:/bin/busybox ifup -a\nhvc0::respawn:/bin/busybox getty -L 115200 hvc0 vt100\n"
    )
    assert told["/etc/network/interfaces"].endswith("auto eth0\niface eth0 inet dhcp\n")


def test_networkd(system):
    root = system(_lib_systemd_systemd__networkd="")
    told = apply(_linux_files.Wanted(network=network_of({**STATIC, "interface": "enX0"}), console=True), root)
    assert told["/etc/systemd/network/10-enX0.network"] == (
        "# Written by Ansible\n[Match]\nName=enX0\n\n[Network]\nAddress=10.0.0.5/24\nGateway=10.0.0.1\n"
        "DNS=10.0.0.2\nDomains=example.org\n"
    )
    link = root.entry("/etc/systemd/system/multi-user.target.wants/systemd-networkd.service", follow=False)
    assert link == Entry(link="/lib/systemd/system/systemd-networkd.service")
    assert "/etc/resolv.conf" in told


def test_a_system_that_nobody_knows(system):
    with pytest.raises(XenError, match="none of ifupdown, systemd-networkd and busybox"):
        _linux_files.changes(_linux_files.Wanted(network=network_of(STATIC)), system())


@pytest.mark.parametrize(
    "network, said",
    [
        ({}, None),
        ({"dhcp": True, "address": "10.0.0.5/24"}, "give dhcp: true, or an address"),
        ({"interface": "eth0"}, "give dhcp: true, or an address"),
        ({"address": "10.0.0.5"}, "needs its netmask"),
        ({"address": "10.0.0.5/24", "netmask": "255.255.255.0"}, "says it already"),
        ({"address": "10.0.0.500/24"}, "this is no address"),
        ({"address": "10.0.0.5/24", "gateway": "router"}, "this is no address"),
        ({"address": "10.0.0.5/24", "nameservers": ["dns"]}, "this is no address"),
        ({"dhcp": True, "interface": "a b"}, "no name of an interface"),
    ],
)
def test_networks_that_are_none(network, said):
    if said is None:
        assert network_of(network) is None
        return
    with pytest.raises(BadValue, match=said):
        network_of(network)


def test_a_netmask_and_ipv6():
    assert network_of({"address": "10.0.0.5", "netmask": "255.255.255.128"}).address == "10.0.0.5/25"
    text = _linux_network.interfaces(network_of({"address": "2001:db8::5/64"}))
    assert "iface eth0 inet6 static\n    address 2001:db8::5\n    netmask 64\n" in text


def test_names_keys_and_the_users_files(system):
    root = system(_etc_hosts="127.0.0.1 localhost\n127.0.1.1\told", _etc_old="x")
    wanted = _linux_files.wanted(
        {
            "hostname": "web.example.org",
            "network": None,
            "authorized_keys": [f" {KEY}\n"],
            "files": [
                {"path": "/etc/motd", "content": "hello\n", "mode": "0600"},
                {"path": "/etc/localtime", "link": "../usr/share/zoneinfo/UTC"},
                {"path": "/etc/old", "state": "absent"},
            ],
        }
    )
    assert [change.text for change in _linux_files.changes(wanted, root)] == [
        "write /etc/hostname",
        "write /etc/hosts",
        "write /root/.ssh/authorized_keys",
        "write /etc/motd",
        "link /etc/localtime to ../usr/share/zoneinfo/UTC",
        "remove /etc/old",
    ]
    told = apply(wanted, root)
    assert told["/etc/hosts"] == "127.0.0.1 localhost\n127.0.1.1\tweb.example.org web\n"
    assert (told["/etc/hostname"], told["/root/.ssh/authorized_keys"]) == ("web\n", f"{KEY}\n")
    assert root.entry("/root/.ssh/authorized_keys").mode == 0o600
    assert root.entry("/etc/motd") == Entry(data=b"hello\n", mode=0o600)


@pytest.mark.parametrize(
    "option, value, said",
    [
        ("hostname", "a b", "no host name"),
        ("authorized_keys", ["AAAA"], "not a public key"),
        ("authorized_keys", [f"{KEY}\n{KEY}"], "not a public key"),
        ("files", [{"path": "etc/motd", "content": ""}], "the whole path"),
        ("files", [{"path": "/etc/../motd", "content": ""}], "the whole path"),
        ("files", [{"path": "/etc/motd"}], "one of content and link"),
        ("files", [{"path": "/etc/motd", "content": "", "mode": "rw"}], "octal digits"),
    ],
)
def test_options_that_make_no_sense(option, value, said):
    options = {"hostname": None, "network": None, "authorized_keys": None, "files": None, option: value}
    with pytest.raises(BadValue, match=said):
        _linux_files.wanted(options)


def test_a_copy_becomes_another_guest(system):
    root = system(
        _etc_ssh_ssh__host__rsa__key="secret", _etc_ssh_sshd__config="", _etc_machine__id="0123", _etc_inittab=SYSV
    )
    root.put("/etc/ssh/ssh_host_rsa_key", Entry(data=b"secret"))
    wanted = _linux_files.Wanted(identity="web2")
    assert [change.text for change in _linux_files.changes(wanted, root)] == [
        "remove /etc/ssh/ssh_host_rsa_key",
        "write /etc/machine-id",
        "write /etc/netbsd-xen-guest",
    ]
    apply(wanted, root)
    assert root.read("/etc/machine-id") == b""
    assert _linux_files.is_copy("web3", root)


LINES = st.lists(st.sampled_from(["::sysinit:x", "1:2:respawn:y", "# hvc0", "127.0.1.1\told", "127.0.0.1 localhost",
                                 KEY, "", "tty1"]), max_size=6)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(LINES, st.booleans(), st.booleans())
def test_edits_are_done_once_and_lose_nothing(lines, network, ends):
    text = "\n".join(lines) + ("\n" if ends else "")
    edits = (
        lambda given: _linux_files.with_getty(given, network),
        lambda given: _linux_files.with_keys(given, (KEY, f"{KEY}2")),
    )
    for edit in edits:
        once = edit(text)
        assert once.startswith(text)
        assert edit(once) == once
    once = _linux_files.hosts(text, "web")
    assert _linux_files.hosts(once, "web") == once
    assert once.splitlines().count("127.0.1.1\tweb") == 1


def test_fstab():
    assert _linux_files.fstab("/dev/xvda1", "ext4", ["tmpfs /tmp tmpfs defaults 0 0"]) == (
        "# Written by Ansible\n/dev/xvda1\t/\text4\tdefaults,errors=remount-ro\t0\t1\ntmpfs /tmp tmpfs defaults 0 0\n"
    )


def bzimage(version="6.1.0-56-amd64", protocol=0x20F, flags=1):
    head = bytearray(0x10000)
    head[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", head, 0x206, protocol)
    struct.pack_into("<H", head, 0x20E, 0x3000)
    struct.pack_into("<H", head, 0x236, flags)
    text = f"{version} (builder) #1\0".encode()
    head[0x3200 : 0x3200 + len(text)] = text
    return bytes(head)


def elf(machine, order="<"):
    return b"\x7fELF\x02" + (b"\x01" if order == "<" else b"\x02") + bytes(12) + struct.pack(f"{order}H", machine)


@pytest.mark.parametrize(
    "data, kernel, console",
    [
        (bzimage(), Kernel((6, 1, 0), "x86_64"), "console=hvc0"),
        (bzimage("2.6.32-5", 0x20A), Kernel((2, 6, 32), None), "console=hvc0"),
        (bzimage("2.6.18-xen", 0x204), Kernel((2, 6, 18), None), "xencons=tty1"),
        (bzimage("5.10", flags=0), Kernel((5, 10, 0), "i386"), "console=hvc0"),
        (elf(62), Kernel(None, "x86_64"), "console=hvc0"),
        (b"\x1f\x8b" + bytes(20), Kernel(None, None), "console=hvc0"),
    ],
)
def test_kernels(tmp_path, data, kernel, console):
    path = tmp_path / "vmlinuz"
    path.write_bytes(data)
    assert _linux_kernel.look(str(path)) == kernel
    assert _linux_kernel.console(kernel) == console


def test_what_is_no_kernel(tmp_path):
    (tmp_path / "text").write_text("no kernel")
    with pytest.raises(XenError, match="no Linux kernel"):
        _linux_kernel.look(str(tmp_path / "text"))


def test_the_machine_of_programs(system, tmp_path):
    root = system()
    with pytest.raises(XenError, match="not the root of a Linux system"):
        _linux_kernel.programs(root)
    root.put("/bin/busybox", Entry(data=elf(183)))
    root.put("/sbin/init", Entry(link="/bin/busybox"))
    assert _linux_kernel.programs(root) == "aarch64"
    assert _linux_kernel.machine(elf(8, ">")) == "machine 8"


@pytest.mark.parametrize(
    "wanted, programs, kernel, said",
    [
        ("x86_64", "x86_64", Kernel(None, None), None),
        ("i386", "i386", Kernel(None, "x86_64"), None),
        ("x86_64", "aarch64", None, "programs in the source are for aarch64"),
        ("x86_64", "x86_64", Kernel(None, "i386"), "kernel is for i386"),
        ("i386", "i386", Kernel(None, "aarch64"), "Xen here is x86"),
    ],
)
def test_architectures(wanted, programs, kernel, said):
    if said is None:
        _linux_kernel.require(wanted, programs, kernel)
        return
    with pytest.raises(XenError, match=said) as caught:
        _linux_kernel.require(wanted, programs, kernel)
    assert caught.value.details["error_id"] == "wrong_architecture"


@pytest.mark.parametrize(
    "names, found",
    [
        ([], None),
        (["vmlinuz-6.9.0", "vmlinuz-6.10.0", "initrd.img-6.9.0", "initrd.img-6.10.0"],
         ("/boot/vmlinuz-6.10.0", "/boot/initrd.img-6.10.0")),
        (["vmlinuz-virt", "initramfs-virt"], ("/boot/vmlinuz-virt", "/boot/initramfs-virt")),
        (["vmlinuz-0-rescue-1", "vmlinuz-5.14.0", "initramfs-5.14.0.img"],
         ("/boot/vmlinuz-5.14.0", "/boot/initramfs-5.14.0.img")),
        (["vmlinuz"], ("/boot/vmlinuz", None)),
    ],
)  # fmt: skip
def test_the_kernel_in_a_root(system, names, found):
    root = system()
    for name in names:
        root.put(f"/boot/{name}", Entry(data=b""))
    assert _linux_kernel.inside(root) == found
