# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs on managed hosts is valid for the oldest Python that they may have."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ansible_collections.netbsd.xen.plugins.module_utils as package
from ansible_collections.netbsd.xen.tools import pythons

OLDEST = (3, 8)
PLUGINS = Path(next(iter(package.__path__))).parent
FILES = sorted([*PLUGINS.glob("module_utils/*/_[a-z]*.py"), *PLUGINS.glob("modules/*.py")])
NAMES = [path.stem for path in FILES]
# They work with what Ansible gives to modules only: its module class, its validator of options, its opener of URLs.
WITH_ANSIBLE = ("_xen_module", "_domains_spec", "_download")
IMPORT_ANSIBLE = (*WITH_ANSIBLE, "_domains", "_domains_report", "_domains_run", "_domains_work", "_phases")


def test_there_are_files():
    assert {"_plan", "xen_domain"} <= set(NAMES)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_grammar(path):
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=OLDEST)
    first = next(node for node in tree.body if not isinstance(node, ast.Expr))
    assert ast.dump(first) == ast.dump(ast.parse("from __future__ import annotations").body[0]), (
        "annotations must stay text"
    )


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_nothing_beyond_the_standard_library(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [name.name for name in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            root = name.partition(".")[0]
            assert root in ("ansible", "ansible_collections") or root in getattr(sys, "stdlib_module_names", [root]), (
                name
            )
            assert root != "ansible" or path.stem in (*WITH_ANSIBLE, *[found for found in NAMES if found[0] != "_"]), (
                name
            )


def test_import_with_the_oldest_python(tmp_path):
    python = pythons.find(".".join(map(str, OLDEST)))
    if python is None:
        pytest.skip("no Python {}.{} on this machine".format(*OLDEST))
    prefix = "ansible_collections.netbsd.xen.plugins.module_utils."
    wanted = [
        f"{prefix}{path.parent.name}.{path.stem}"
        for path in FILES
        if path.parent.name != "modules" and path.stem not in IMPORT_ANSIBLE
    ]
    code = f"import importlib\nfor name in {wanted!r}:\n    importlib.import_module(name)\n"
    done = subprocess.run(
        [python, "-W", "error", "-c", code],
        cwd=str(tmp_path),
        env=dict(os.environ, PYTHONPATH=str(PLUGINS.parents[3]), PYTHONDONTWRITEBYTECODE="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"")
