#!/bin/sh
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Print the path of the newest Python that this project runs on: on PATH or installed by pyenv.
# PYTHON=... in the environment overrides the choice.

set -eu

# A pyenv shim exists for each version but refuses to run for the versions that are not selected, so ask it.
usable() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; }

# Not the virtual environment that the user may be in, but what it was made from.
real_path() { "$1" -c 'import os, sys; print(os.path.realpath(sys._base_executable))'; }

for candidate in ${PYTHON:+"$PYTHON"}; do
    usable "$candidate" && real_path "$candidate" && exit 0
    echo "PYTHON=$PYTHON is not a Python of 3.11 to 3.14." >&2
    exit 1
done

for version in 3.14 3.13 3.12 3.11; do
    for candidate in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python; do
        usable "$candidate" && real_path "$candidate" && exit 0
    done
done

usable python3 && real_path python3 && exit 0

echo "No Python of 3.11 to 3.14 found on PATH or under ~/.pyenv/versions: install one, or name it: make PYTHON=/path/to/python" >&2
exit 1
