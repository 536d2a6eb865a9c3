#!/bin/sh
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Check every shell script of the tree, found by its first line, as the shell that this line names.

set -eu

command -v shellcheck >/dev/null || { echo "shellcheck is missing; run: make deps" >&2; exit 1; }

FIRST='^#!.*[ /](ba|da|k)?sh( |$)'

# a page may show a script that has such a line, further down
git ls-files -z --cached --others --exclude-standard \
    | xargs -0 -r grep -lIE -m1 "$FIRST" -- \
    | while IFS= read -r file; do
        head -n 1 "$file" | grep -qE "$FIRST" && printf '%s\n' "$file"
    done \
    | xargs -r shellcheck --severity=warning
