# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the collection, then look at the artifact as a user would: what is in it, does it install, are its docs read.

Everything happens without a network, under ``.cache/dist``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / ".cache" / "dist"

# All that a user of the collection needs. Whatever else turns up was forgotten in galaxy.yml's build_ignore.
EXPECTED = {
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "FILES.json",
    "LICENSES",
    "MANIFEST.json",
    "README.md",
    "SECURITY.md",
    "changelogs",
    "docs",
    "meta",
    "playbooks",
    "plugins",
    "roles",
}
REQUIRED = {"CHANGELOG.md", "LICENSES", "README.md", "meta", "plugins"}
NEVER = ("__pycache__", ".pyc", "/.", "changelogs/fragments/")


def ansible(*command: str) -> str:
    """Run one of Ansible's commands from the virtual environment, blind to collections of the machine and the user."""
    env = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(DIST / "installed"),
        "ANSIBLE_CONFIG": str(DIST / "ansible.cfg"),
        "ANSIBLE_HOME": str(DIST / "home"),
    }
    program = str(Path(sys.executable).with_name(command[0]))
    print("$", " ".join(command), flush=True)
    done = subprocess.run([program, *command[1:]], cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\n{command[0]} failed with exit code {done.returncode}")
    return done.stdout


def build() -> Path:
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir(parents=True)
    (DIST / "ansible.cfg").touch()
    ansible("ansible-galaxy", "collection", "build", "--output-path", str(DIST))
    (artifact,) = DIST.glob("*.tar.gz")
    return artifact


def check_contents(artifact: Path) -> None:
    with tarfile.open(artifact) as archive:
        names = sorted(member.name for member in archive.getmembers() if member.isfile())
    top = {name.split("/")[0] for name in names}
    unwanted = sorted(top - EXPECTED) + [name for name in names if any(part in f"/{name}" for part in NEVER)]
    missing = sorted(REQUIRED - top)
    print("\n".join(names))
    if unwanted:
        sys.exit(f"{artifact.name} holds what no user needs; add to build_ignore in galaxy.yml: {', '.join(unwanted)}")
    if missing:
        sys.exit(f"{artifact.name} lacks: {', '.join(missing)}")


def check_documentation(fqcn: str, modules: list[str]) -> None:
    """Every module of the tree is in the installed collection, with documentation that Ansible can read."""
    for module in modules:
        shown = json.loads(ansible("ansible-doc", "--type", "module", "--json", f"{fqcn}.{module}"))
        if not shown[f"{fqcn}.{module}"]["doc"]["short_description"]:
            sys.exit(f"ansible-doc finds no documentation for {fqcn}.{module} in the installed collection")


def main() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    artifact = build()
    check_contents(artifact)
    ansible(
        "ansible-galaxy", "collection", "install", str(artifact), "--offline", "--collections-path", f"{DIST}/installed"
    )
    modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
    check_documentation(f"{galaxy['namespace']}.{galaxy['name']}", modules)
    size = artifact.stat().st_size / 1024
    print(f"{artifact.relative_to(ROOT)}: {size:.0f} KiB, installs offline, {len(modules)} modules documented")


if __name__ == "__main__":
    main()
