# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make ee`: the context of the execution environment under ``.cache/ee``, by ansible-builder, and a look at it.

What its container build would do with the collection is done here, offline: the requirements are installed from the
context alone, and the documentation of what was installed is read. The image itself needs podman or docker.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".cache" / "ee"
CONTEXT = HOME / "context"
PINS = ROOT / "requirements" / "ee.txt"
DEFINITION = ROOT / "execution-environment.yml"
# where the Containerfile of ansible-builder puts and uses the files
BUILD = CONTEXT / "_build"
EXPECTED = ("Containerfile", "_build/requirements.yml", "_build/bindep.txt", "_build/dist/netbsd-xen.tar.gz")


def run(*command: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
    print("$", " ".join(command), flush=True)
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **(env or {})}, text=True, capture_output=True, check=False, timeout=900
    )
    if done.returncode != 0:
        sys.exit(f"{done.stdout}{done.stderr}\n{command[0]} failed with exit code {done.returncode}")
    return done.stdout


def builder() -> str:
    """ansible-builder in an environment of its own, made anew when the pins changed."""
    stamp, program = HOME / "made-from", HOME / "venv" / "bin" / "ansible-builder"
    if not stamp.is_file() or stamp.read_text() != PINS.read_text():
        run(sys.executable, "-m", "venv", "--clear", str(HOME / "venv"))
        run(str(program.with_name("pip")), "install", "-qq", "--disable-pip-version-check", f"--requirement={PINS}")
        stamp.write_text(PINS.read_text())
    return str(program)


def build_artifact(galaxy: str) -> None:
    """The collection under a name without a version, which is what the definition says."""
    dist = HOME / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    run(galaxy, "collection", "build", "--output-path", str(dist))
    (artifact,) = dist.glob("*.tar.gz")
    artifact.replace(HOME / "netbsd-xen.tar.gz")


def check(galaxy: str) -> int:
    """Install from the context as its Containerfile does; the number of modules found.

    :raises SystemExit: something is not there.
    """
    missing = [name for name in EXPECTED if not (CONTEXT / name).is_file()]
    if missing:
        sys.exit(f"the context lacks {', '.join(missing)}")
    installed = HOME / "installed"
    shutil.rmtree(installed, ignore_errors=True)
    quiet = {"ANSIBLE_COLLECTIONS_PATH": str(installed), "ANSIBLE_CONFIG": str(HOME / "ansible.cfg")}
    (HOME / "ansible.cfg").touch()
    arguments = (
        "install",
        "--offline",
        "--requirements-file",
        "requirements.yml",
        "--collections-path",
        str(installed),
    )
    run(galaxy, "collection", *arguments, cwd=BUILD, env=quiet)
    doc = str(Path(galaxy).with_name("ansible-doc"))
    modules = json.loads(run(doc, "--list", "--json", "netbsd.xen", env=quiet))
    plugins = json.loads(run(doc, "--list", "--json", "--type", "inventory", "netbsd.xen", env=quiet))
    if "netbsd.xen.xen_domain" not in modules or "netbsd.xen.xen_domains" not in plugins:
        sys.exit("what was installed from the context lacks modules or the inventory plugin")
    return len(modules)


def main() -> None:
    HOME.mkdir(parents=True, exist_ok=True)
    galaxy = str(Path(sys.executable).with_name("ansible-galaxy"))
    program = builder()
    build_artifact(galaxy)
    shutil.rmtree(CONTEXT, ignore_errors=True)
    run(program, "create", f"--file={DEFINITION}", f"--context={CONTEXT}", "--output-filename=Containerfile")
    modules = check(galaxy)
    print(f"{CONTEXT.relative_to(ROOT)}: complete; the collection installs from it, with {modules} modules")


if __name__ == "__main__":
    main()
