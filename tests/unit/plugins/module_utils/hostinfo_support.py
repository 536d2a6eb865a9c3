# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts for the tests of xen_host_info: a folder that stands for /, and a table of commands with what they say."""

from __future__ import annotations

import gzip
import os

from ansible_collections.netbsd.xen.plugins.module_utils.core import _releases
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _devnodes
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Kernel, Probe
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import captured

BOOT_TIME = 1_800_000_000
BEFORE = BOOT_TIME - 1000
WM0 = """\
wm0: flags=0x8943<UP,BROADCAST,RUNNING,PROMISC,SIMPLEX,MULTICAST> mtu 1500
\taddress: 52:54:00:12:34:56
\tinet 10.0.2.15/24 broadcast 10.0.2.255 flags 0
"""
BRIDGE0 = "bridge0: flags=0x41<UP,RUNNING> mtu 1500\n"
XVIF3 = "xvif3i0: flags=0x8943<UP,BROADCAST,RUNNING,PROMISC,SIMPLEX,MULTICAST> mtu 1500\n"
BRCONFIG = """\
bridge0: flags=0x41<UP,RUNNING>
\tConfiguration:
\t\tpriority 32768 hellotime 2 fwddelay 15 maxage 20
\tInterfaces:
\t\twm0 flags=3<LEARNING,DISCOVER>
\t\t\tport 1 priority 128
"""
XVIF3_MEMBER = "\t\txvif3i0 flags=3<LEARNING,DISCOVER>\n\t\t\tport 5 priority 128\n"
BOOT_CFG = """\
menu=NetBSD:boot netbsd
menu=Xen 4.20:load /netbsd-XEN3_DOM0.gz console=pc;multiboot /xen420.gz dom0_mem=512M dom0_max_vcpus=1
default=2
timeout=5
"""
WEB = """\
name = "web"
kernel = "/srv/kernel"
memory = 256
disk = [ "/srv/web.img,raw,xvda,rw" ]
vif = [ "bridge=bridge0" ]
"""
XL_INFO = """\
host                   : dom0
nr_cpus                : 4
virt_caps              : pv hvm hap
total_memory           : 4095
free_memory            : 3200
xen_version            : 4.20.1
xen_commandline        : dom0_mem=512M dom0_max_vcpus=1
"""
XL_HEAD = "Name                                        ID   Mem VCPUs\tState\tTime(s)\n"
XL_DOM0 = "Domain-0                                     0   512     1     r-----      10.1\n"
DISK_OF_XM = ("/srv/web.img,raw,xvda,rw", "file:/srv/web.img,xvda,w")
XL_WEB = "web                                          3   256     1     -b----       1.5\n"


class FakeProbe(Probe):
    """A host made of files below ``root`` and of recorded answers.

    :param root: an empty folder.
    """

    def __init__(self, root, kernel, is_root=True):
        super().__init__(str(root), self._answer, kernel, is_root)
        self.folder = root
        self.answers = {}
        self.values = {}
        self.asked = []
        self.nodes = {}
        self.sockets = set()

    def command(self, line, stdout="", rc=0, stderr=""):
        """What a command line says; its program exists from now on."""
        words = line.split()
        path = words[0]
        self.write(path, "#!/bin/sh\n").chmod(0o755)
        self.answers[" ".join([path, *words[1:]])] = _command.Result(rc, stdout, stderr)

    def _answer(self, cmd, timeout=None):
        self.asked.append(" ".join(cmd))
        if cmd[0] == "/sbin/sysctl":
            return self._sysctl(cmd[1:])
        return self.answers[" ".join(cmd)]

    def _sysctl(self, names):
        """A name, or all below it; sysctl(8) stops at one that it does not know."""
        lines = []
        for name in names:
            found = [key for key in self.values if key == name or key.startswith(name + ".")]
            if not found:
                part = name.rpartition(".")[2]
                return _command.Result(1, "".join(lines), f"sysctl: second level name '{part}' in '{name}' is invalid")
            lines += [f"{key} = {self.values[key]}\n" for key in found]
        return _command.Result(0, "".join(lines), "")

    def write(self, path, content, mtime=BEFORE):
        """A file of the host."""
        file = self.folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(file, (mtime, mtime))
        return file

    def edit(self, path, old, new):
        """Replace a part of a file that is there."""
        file = self.folder / path.lstrip("/")
        text = file.read_text()
        assert old in text
        self.write(path, text.replace(old, new))

    def remove(self, path):
        (self.folder / path.lstrip("/")).unlink()

    def said(self, line, old, new):
        """Another answer of a command in one part."""
        result = self.answers[line]
        assert old in result.stdout
        self.answers[line] = result._replace(stdout=result.stdout.replace(old, new))

    def node(self, path):
        return self.nodes.get(path, _devnodes.Found("missing"))

    def connects(self, path):
        return path in self.sockets


def look(probe, version="", subsets=("all",), fail_on="none"):
    """The return values of xen_host_info."""
    return _hostinfo.HostInspector(version, list(subsets), fail_on, probe, lambda: BOOT_TIME).run()


def ids(probe, version=""):
    """The ids of all problems."""
    return [problem["id"] for problem in look(probe, version)["problems"]]


def kernel(release, config, machine="amd64"):
    return Kernel("NetBSD", "dom0", release, f"NetBSD {release} ({config}) #0: Mon Dec 16 13:08:11 UTC 2024", machine)


def bare(root, release="10.1", *, machine="amd64", is_root=True):
    """A NetBSD host as sysinst leaves it."""
    probe = FakeProbe(root, kernel(release, "GENERIC", machine), is_root)
    probe.write("/sbin/sysctl", "#!/bin/sh\n").chmod(0o755)
    probe.values = {
        "hw.ncpu": "2", "hw.physmem64": "4294967296", "hw.disknames": "wd0", "machdep.cpu_brand": "Intel(R) Xeon(R)",
    }  # fmt: skip
    if int(release.split(".")[0]) >= 8:
        probe.values["machdep.bootmethod"] = "BIOS"
    if int(release.split(".")[0]) >= 10:
        probe.values["machdep.hypervisor"] = "none"
    probe.command("/sbin/mount", "/dev/wd0a on / type ffs (log, local)\nptyfs on /dev/pts type ptyfs (local)\n")
    probe.command("/usr/sbin/pkg_info", "pkgin-25.10.0       Apt / yum like tool\nvim-9.1             Editor\n")
    probe.command("/sbin/ifconfig -a", WM0)
    probe.command("/sbin/brconfig -a", "")
    probe.command("/bin/ps -axwwo pid,command", "  PID COMMAND\n    1 init\n  200 /usr/sbin/sshd\n")
    probe.command("/usr/sbin/cpuctl identify 0", "cpu0: features1 0x1<SSE3,VMX,SSSE3>\n")
    probe.write("/boot", b"loader")
    probe.write("/usr/mdec/boot", b"loader")
    probe.write("/netbsd", b"\x7fELF\x02...@(#)NetBSD " + release.encode() + b" (GENERIC) #0: ...")
    probe.write("/boot.cfg", "menu=NetBSD:boot netbsd\ntimeout=5\n")
    probe.write("/etc/fstab", "/dev/wd0a / ffs rw,log 1 1\nptyfs /dev/pts ptyfs rw\n")
    probe.write("/etc/rc.conf", "rc_configured=YES\nsshd=YES\n")
    for node in (*_devnodes.XEN_NODES,):
        probe.nodes[node.path] = _devnodes.Found(node.kind, node.major, node.minor, 0o600)
    for unit in range(4):
        probe.write(f"/dev/vnd{unit}d", "")
    return probe


def with_packages(probe, version="4.20"):
    """The pair of a version installed, and nothing done with it."""
    row = _releases.release(version)
    said = f"{row.kernel_package}-20260317 Xen Kernel\n{row.tools_package}-20260317 Userland Tools for Xen\n"
    line = "/usr/sbin/pkg_info"
    probe.answers[line] = probe.answers[line]._replace(stdout=probe.answers[line].stdout + said)
    probe.write(row.source(), gzip.compress(b"hypervisor " + version.encode(), mtime=0))
    for service in row.services:
        probe.write(f"{_releases.EXAMPLES}/{service.script}", f"#!/bin/sh\n# {service.script} of {version}\n")
    for name in ("block", "vif-bridge"):
        for folder in ("/usr/pkg/etc/xen/scripts", "/usr/pkg/share/examples/xen/scripts"):
            probe.write(f"{folder}/{name}", f"# {name} of {version}\n")
    return probe


def prepared(root, version="4.20", release="10.1"):
    """Everything in place for the next boot; the native kernel runs."""
    probe = with_packages(bare(root, release), version)
    row = _releases.release(version)
    probe.write(row.installed_as(), (root / row.source().lstrip("/")).read_bytes())
    probe.write("/netbsd-XEN3_DOM0.gz", gzip.compress(b"\x7fELF\x02 XEN3_DOM0", mtime=0))
    probe.write("/boot.cfg", BOOT_CFG.replace("/xen420.gz", row.installed_as()).replace("4.20", version))
    probe.write("/etc/fstab", "/dev/wd0a / ffs rw,log 1 1\nkernfs /kern kernfs rw\n")
    mounts = probe.answers["/sbin/mount"]
    probe.answers["/sbin/mount"] = mounts._replace(stdout=mounts.stdout + "kernfs on /kern type kernfs (local)\n")
    probe.write("/etc/rc.conf", "sshd=YES\nxencommons=YES\nxendomains=web\n")
    for service in row.services:
        probe.write(
            f"/etc/rc.d/{service.script}", (root / f"{_releases.EXAMPLES}/{service.script}".lstrip("/")).read_bytes()
        )
    of_xm = version in ("3.1", "3.3", "4.1")
    probe.write("/usr/pkg/etc/xen/web", WEB.replace(*DISK_OF_XM) if of_xm else WEB)
    probe.write("/usr/pkg/etc/xen/xl.conf", 'vif.default.bridge = "bridge0"\n')
    probe.write("/srv/web.img", b"")
    probe.write("/srv/kernel", b"\x7fELF\x02 guest")
    probe.command("/sbin/ifconfig -a", WM0 + BRIDGE0)
    probe.command("/sbin/brconfig -a", BRCONFIG)
    probe.write("/etc/ifconfig.bridge0", "create\n!brconfig $int add wm0 up\nup\n")
    return probe


def dom0(root, version="4.20", release="10.1"):
    """A finished dom0 with one guest that runs."""
    probe = prepared(root, version, release)
    probe.kernel = kernel(release, "XEN3_DOM0")
    probe.values.update({"hw.physmem64": "500000000", "hw.disknames": "wd0 vnd0"})
    if int(release.split(".")[0]) >= 7:
        probe.values["machdep.xen.version"] = f"{version}.1"
    if int(release.split(".")[0]) >= 10:
        probe.values["machdep.hypervisor"] = "XenPV"
    probe.write("/kern/xen/privcmd", "")
    probe.write("/var/run/xenstored.pid", "300\n")
    processes = "  PID COMMAND\n    1 init\n  300 /usr/pkg/sbin/xenstored --pid-file /var/run/xenstored.pid\n"
    probe.command("/bin/ps -axwwo pid,command", processes + "  301 /usr/pkg/sbin/xenconsoled\n")
    probe.sockets.add("/var/run/xenstored/socket")
    probe.command("/usr/pkg/sbin/xl info", XL_INFO.replace("4.20.1", f"{version}.1"))
    probe.command("/usr/pkg/sbin/xl list", XL_HEAD + XL_DOM0 + XL_WEB)
    probe.command("/usr/pkg/bin/xenstore-ls -f /local/domain", '/local/domain/3/name = "web"\n')
    probe.command("/sbin/ifconfig -a", WM0 + BRIDGE0 + XVIF3)
    probe.command("/sbin/brconfig -a", BRCONFIG + XVIF3_MEMBER)
    return probe


def linux_dom0(root):
    """A Debian dom0."""
    probe = FakeProbe(root, Kernel("Linux", "debian", "6.1.0-amd64", "#1 SMP", "x86_64"))
    probe.write("/sys/hypervisor/type", "xen\n")
    for name, value in (("major", "4"), ("minor", "17"), ("extra", ".4")):
        probe.write(f"/sys/hypervisor/version/{name}", value + "\n")
    probe.write("/proc/xen/capabilities", "control_d\n")
    probe.write("/proc/cpuinfo", "processor : 0\nflags\t\t: fpu vme svm lm\n")
    probe.sockets.add("/run/xenstored/socket")
    probe.command("/usr/sbin/xl info", captured("a-host-006-xl-info"))
    probe.command("/usr/sbin/xl list", captured("b-life-048-list-two"))
    probe.command("/usr/bin/xenstore-ls -f /local/domain", "")
    probe.command("/usr/bin/mount", "/dev/vda on / type ext4 (rw,relatime)\n")
    probe.write("/sys/class/net/xenbr0/bridge/stp_state", "0\n")
    probe.write("/sys/class/net/xenbr0/mtu", "1500\n")
    probe.write("/sys/class/net/xenbr0/operstate", "up\n")
    probe.write("/sys/class/net/xenbr0/brif/eth0/state", "3\n")
    probe.write("/sys/class/net/eth0/mtu", "1500\n")
    probe.write("/etc/xen/web1.cfg", 'name = "web1"\nmemory = 128\n')
    return probe
