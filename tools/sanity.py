# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ansible-test sanity`` on a copy of the tree, leaving nothing in ``$HOME``.

Everything is compiled with every Python of this machine, and imported with the oldest and the newest one: a Python in
between that cannot import what these two can has not been seen, and each takes half a minute.

``--oldest-core`` as the first argument uses the oldest ansible-core that we support instead of the one in ``.venv``,
for the tests whose answer depends on it, since it knows managed hosts with older Pythons. Other arguments go to
ansible-test.

The virtual environments and caches of ansible-test live under ``.cache/home``, which is kept: the first run makes a
dozen environments, later ones use them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pythons
from checks import SKIPPED
from make_venv import lock_file
from stage import ROOT, stage

HOME = ROOT / ".cache" / "home"
OLDEST_CORE = ROOT / ".cache" / "oldest-core"
OLDEST_CORE_LOCK = lock_file((3, 11))
# What the oldest core says of modules; and of the one Python of managed hosts that the newest core does not know.
OLDEST_CORE_TESTS = ("validate-modules", "ansible-doc")
OLDEST_PYTHON = "3.8"
OLDEST_PYTHON_TESTS = ("import", "compile")
TARGET_PYTHONS = [f"3.{minor}" for minor in range(8, 15)]

BOOTSTRAP = '''\
"""Install the pip wheel that lies beside this file; takes and needs no more of get-pip.py than ansible-test uses."""
import pathlib, sys
wheel = str(pathlib.Path(__file__).with_name({wheel!r}))
sys.path.insert(0, wheel)
from pip._internal.cli.main import main
arguments = [wheel if argument.startswith("pip==") else argument for argument in sys.argv[1:]]
sys.exit(main(["install", *(word for word in arguments if word not in ("--no-setuptools", "--no-wheel"))]))
'''


def oldest_core() -> Path | None:
    """The folder of programs of an environment with the oldest ansible-core; None where its Python is missing."""
    stamp, wanted = OLDEST_CORE / "made-from", OLDEST_CORE_LOCK.read_text()
    if not stamp.is_file() or stamp.read_text() != wanted:
        python = pythons.find("3.11")
        if python is None:
            return None
        subprocess.run([python, "-m", "venv", "--clear", str(OLDEST_CORE)], check=True)
        pip = [str(OLDEST_CORE / "bin" / "python"), "-m", "pip", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", f"--constraint={OLDEST_CORE_LOCK}", "ansible-core"], check=True)
        stamp.write_text(wanted)
    return OLDEST_CORE / "bin"


def wanted_pip(programs: Path) -> str:
    """The version of pip that this ansible-test puts into its environments (python_requirements.get_venv_packages)."""
    (source,) = programs.parent.glob("lib/python*/site-packages/ansible_test/_internal/python_requirements.py")
    found = re.search(r"\bpip='([\d.]+)'", source.read_text())
    if found is None:
        sys.exit(f"sanity: {source} does not say which pip it wants; see tools/sanity.py: wanted_pip")
    return found[1]


def provide_pip(version: str) -> None:
    """Put pip where ansible-test looks before it would download get-pip.py from a server of the Ansible project.

    So PyPI is the one place that anything comes from.
    """
    cache = HOME / ".ansible" / "test" / "cache"
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    if script.exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        command = [sys.executable, "-m", "pip", "-qq", "download", "--no-deps", f"--dest={scratch}", f"pip=={version}"]
        subprocess.run(command, check=True)
        (wheel,) = Path(scratch).glob("*.whl")
        wheel.rename(cache / wheel.name)
    script.write_text(BOOTSTRAP.format(wheel=wheel.name))


def keep_pip_settings() -> None:
    """ansible-test hands on $HOME but no PIP_* variables: the user's own pip.conf must be found from our $HOME too."""
    for name in (".config/pip", ".pip"):
        theirs, ours = Path.home() / name, HOME / name
        if theirs.is_dir() and not ours.is_symlink():
            ours.parent.mkdir(parents=True, exist_ok=True)
            ours.symlink_to(theirs)


def environment(programs: Path) -> dict[str, str]:
    """Real interpreters before pyenv's shims, which do not run for versions that are not selected."""
    found = filter(None, map(pythons.find, TARGET_PYTHONS))
    path = [str(programs), *(str(Path(python).parent) for python in found), os.environ["PATH"]]
    return {**os.environ, "HOME": str(HOME), "PATH": os.pathsep.join(path), "LC_ALL": "C.UTF-8"}


def run(command: list[str], programs: Path) -> int:
    """Run ansible-test with its output passed on, and repeat the findings at the end: pip says a lot in between."""
    findings = []
    with subprocess.Popen(
        command, cwd=stage(), env=environment(programs), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            if line.startswith("ERROR: "):
                findings.append(line.rstrip())
    if process.returncode == 0:
        print("all sanity tests passed")
    else:
        print("\nFindings:", *findings, sep="\n")
    return process.returncode


def main(arguments: list[str]) -> int:
    programs: Path | None = Path(sys.executable).parent
    rounds = [arguments] if arguments else newest_core_rounds()
    if arguments[:1] == ["--oldest-core"]:
        if lock_file(sys.version_info[:2]) == OLDEST_CORE_LOCK:
            print("skipped: the ansible-core in .venv is the oldest one")
            return SKIPPED
        programs = oldest_core()
        rounds = [[*_tests(OLDEST_CORE_TESTS), *arguments[1:]]]
        if pythons.find(OLDEST_PYTHON):
            rounds.append([*_tests(OLDEST_PYTHON_TESTS), f"--python={OLDEST_PYTHON}", *arguments[1:]])
    if programs is None:
        print("skipped: the oldest ansible-core needs Python 3.11, and there is none on PATH or under pyenv")
        return SKIPPED
    provide_pip(wanted_pip(programs))
    keep_pip_settings()
    command = [str(programs / "ansible-test"), "sanity", "--local", "--color", "no"]
    return max([run([*command, *each], programs) for each in rounds])


def newest_core_rounds() -> list[list[str]]:
    """All tests, and the slowest of them apart, with two Pythons of those that this core knows."""
    found = [version for version in TARGET_PYTHONS if version != OLDEST_PYTHON and pythons.find(version)]
    ends = dict.fromkeys([*found[:1], *found[-1:]])
    return [["--skip-test=import"], *(["--test=import", f"--python={version}"] for version in ends)]


def _tests(names: tuple[str, ...]) -> list[str]:
    return [f"--test={name}" for name in names]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
