# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dom0 of the lab that has git and ansible-core of its own, and a git repository that it pulls from.

Both come from where anybody would take them, Debian and PyPI, and are fetched by this machine: the lab's host reaches
nothing. They are kept in ``.cache/pull``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from onlab import ROOT
from xenlab.lab import Host

CACHE = ROOT / ".cache" / "pull"
PREFIX = "/opt/ansible"
REPOSITORY = "/srv/fleet.git"
# pip on the host compiles nothing; a run of ansible-pull starts ansible and ansible-playbook, on an emulated CPU.
INSTALL_TIMEOUT, PULL_TIMEOUT = 400.0, 900.0
_WHEELS = ("manylinux_2_28_x86_64", "manylinux2014_x86_64", "any")


def run(*words: str | Path, folder: Path | None = None) -> str:
    """A command of this machine that must succeed; its output."""
    done = subprocess.run([str(word) for word in words], cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def install(host: Host) -> None:
    """Bring git and ansible-core onto the host, which has neither."""
    version = host.check("python3 -c 'import sys; print(\"%d.%d\" % sys.version_info[:2])'").strip()
    send(host, wheels(version), "/root/wheels")
    send(host, packages(), "/root/debs")
    # git over file:// needs nothing of what the package depends on for https and for its scripts
    host.check("for deb in /root/debs/*.deb; do dpkg-deb -x $deb / || exit 1; done")
    host.check(
        "python3 $(echo /root/wheels/pip-*.whl)/pip install --quiet --no-index --no-compile --root-user-action ignore "
        f"--find-links /root/wheels --target {PREFIX} ansible-core",
        INSTALL_TIMEOUT,
    )


def wheels(version: str) -> Path:
    """ansible-core with all that it needs, and pip to install it with, for a Python such as ``3.11``."""
    folder = CACHE / f"wheels-{version}"
    if not folder.is_dir():
        lock = "py311.txt" if version == "3.11" else "py312plus.txt"
        partial = folder.with_suffix(".partial")
        platforms = [word for platform in _WHEELS for word in ("--platform", platform)]
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--python-version", version)
        constraint = ("--constraint", ROOT / "requirements" / lock)
        run(*pip, *platforms, *constraint, "--dest", partial, "ansible-core", "pip")
        partial.rename(folder)
    return folder


def packages() -> Path:
    """Debian's package of git."""
    folder = CACHE / "debs"
    if not list(folder.glob("git_*.deb")):
        folder.mkdir(parents=True, exist_ok=True)
        run("apt-get", "download", "git", folder=folder)
    return folder


def send(host: Host, folder: Path, target: str) -> None:
    """Put a folder onto the host, in place of what is there."""
    archive = subprocess.run(["tar", "-cf", "-", "-C", folder, "."], check=True, capture_output=True).stdout
    remote = f"rm -rf {target} && mkdir -p {target} && tar -xmf - --no-same-owner -C {target}"
    subprocess.run(host.ssh.command([remote]), input=archive, check=True, timeout=120)


class Fleet:
    """The repository, as whoever keeps it has it.

    :param folder: where to make it.
    :param play: the text of its local.yml.
    """

    def __init__(self, folder: Path, play: str) -> None:
        self.folder = folder / "fleet"
        self.folder.mkdir()
        run("git", "init", "--quiet", "--initial-branch=main", self.folder)
        (self.folder / "local.yml").write_text(play, encoding="utf-8")
        self._collection(folder)

    def _collection(self, folder: Path) -> None:
        """The collection from its artifact, as the guide has it."""
        galaxy = Path(sys.executable).with_name("ansible-galaxy")
        stage = run(sys.executable, ROOT / "tools" / "stage.py").strip()
        run(galaxy, "collection", "build", stage, "--output-path", folder)
        artifact = next(folder.glob("netbsd-xen-*.tar.gz"))
        # by force: for Ansible the checkout is the collection, installed already
        run(galaxy, "collection", "install", "--offline", "--force", artifact, "-p", self.folder / "collections")

    def commit(self, variables: str) -> None:
        """New variables of the host."""
        path = self.folder / "host_vars" / "localhost.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(variables, encoding="utf-8")
        run("git", "add", "--all", "--force", folder=self.folder)
        author = ("-c", "user.name=fleet", "-c", "user.email=fleet@example.org")
        run("git", *author, "commit", "--quiet", "--message", "Say what guests there shall be", folder=self.folder)

    def push(self, host: Host) -> None:
        """Onto the host's own disk: ``file://`` is the one way to it that needs no network."""
        send(host, self.folder / ".git", REPOSITORY)
