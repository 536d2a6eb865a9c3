# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ansible-test sanity`` on a copy of the tree, with every Python of this machine, leaving nothing in ``$HOME``.

Arguments go to ansible-test. Its virtual environments and caches live under ``.cache/home``, which is kept: the first
run makes a dozen environments, later ones use them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pythons
from stage import ROOT, stage

HOME = ROOT / ".cache" / "home"
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


def wanted_pip() -> str:
    """The version of pip that this ansible-test puts into its environments (python_requirements.get_venv_packages)."""
    spec = find_spec("ansible_test")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("sanity: ansible-test is not installed; run: make venv")
    source = Path(spec.submodule_search_locations[0], "_internal", "python_requirements.py").read_text()
    found = re.search(r"\bpip='([\d.]+)'", source)
    if found is None:
        sys.exit("sanity: this ansible-test does not say which pip it wants; see tools/sanity.py: wanted_pip")
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


def environment() -> dict[str, str]:
    """Real interpreters before pyenv's shims, which do not run for versions that are not selected."""
    found = filter(None, map(pythons.find, TARGET_PYTHONS))
    path = [str(Path(sys.executable).parent), *(str(Path(python).parent) for python in found), os.environ["PATH"]]
    return {**os.environ, "HOME": str(HOME), "PATH": os.pathsep.join(path), "LC_ALL": "C.UTF-8"}


def main(arguments: list[str]) -> int:
    provide_pip(wanted_pip())
    keep_pip_settings()
    command = ["ansible-test", "sanity", "--local", "--color", "no", *arguments]
    return subprocess.run(command, cwd=stage(), env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
