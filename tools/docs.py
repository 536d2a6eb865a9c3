# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lint the documentation of the plugins and render it to ``.cache/docs``, from a clean copy of the tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from stage import ROOT, stage

DOCS = ROOT / ".cache" / "docs"


def main() -> int:
    place = stage()
    tools = str(Path(sys.executable).parent)
    env = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(place.parents[2]),
        "PATH": os.pathsep.join([tools, os.environ["PATH"]]),
    }
    antsibull = f"{tools}/antsibull-docs"
    # References to the collection's own plugins and options only: other collections need not be installed here.
    lint = [antsibull, "lint-collection-docs", "--plugin-docs", "--validate-collection-refs=self", str(place)]
    if (code := subprocess.run(lint, env=env, check=False).returncode) != 0:
        return code
    shutil.rmtree(DOCS, ignore_errors=True)
    DOCS.mkdir(parents=True)
    render = [antsibull, "collection", "--use-current", "--fail-on-error", "--output-format=simplified-rst"]
    code = subprocess.run(
        [*render, "--squash-hierarchy", f"--dest-dir={DOCS}", "netbsd.xen"], env=env, check=False
    ).returncode
    print(f"{len(list(DOCS.rglob('*.rst')))} pages in {DOCS.relative_to(ROOT)}")
    return code


if __name__ == "__main__":
    sys.exit(main())
