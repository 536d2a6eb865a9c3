# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is PRIVATE to the collection. It can change at any time without notice.
"""The one question that a dom0 is asked: a script for its ``sh``, and the parts of what it answers.

The script goes to the shell's standard input, so no word of it is ever an argument of ssh, sudo or a login shell. The
parts of the answer are told apart by a mark that is drawn anew for each question: a guest whose name or config file
holds something that looks like a part cannot know it.
"""

from __future__ import annotations

import re
import secrets
import shlex
from typing import NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _toolstack
from ansible_collections.netbsd.xen.plugins.plugin_utils._fleet_settings import Settings

# Larger files in the folder of configs are no configs of guests.
_CONFIG_BYTES = 131072

# POSIX sh, as NetBSD's, dash and busybox have it. In braces, so that the shell has read all of it before it does the
# first thing, and nothing that it starts can take the rest of the script for its input. timeout(1) is in NetBSD since
# 7.0; without it a hanging xl stays behind on the host when the controller gives up.
_SCRIPT = r"""{
PATH=$PATH:%(path)s; LC_ALL=C; export PATH LC_ALL
xl=%(xl)s; xm=%(xm)s; wanted=%(toolstack)s
part() { printf '\n%%s %%s\n' %(mark)s "$1"; }
ask() {
    part "$1"; shift
    if command -v timeout >/dev/null 2>&1; then timeout %(seconds)d "$@"; else "$@"; fi
    status=$?; part status; echo "$status"
}
have() { command -v "$1" >/dev/null 2>&1; }
choose() {
    case $wanted in xl|xm) echo "$wanted"; return;; esac
    if have "$xm"; then
        if ! have "$xl"; then echo xm; return; fi
        for socket in %(sockets)s; do
            if [ -S "$socket" ]; then echo xm; return; fi
        done
    fi
    if have "$xl"; then echo xl; else echo none; fi
}
toolstack=$(choose)
part toolstack; echo "$toolstack"
part system; uname -s
case $toolstack in
    xl) ask list "$xl" list; ask long "$xl" list -l; ask info "$xl" info;;
    xm) ask list "$xm" list; ask long "$xm" list --long; ask info "$xm" info;;
esac
part neighbours
if have ip; then ip neigh show 2>/dev/null; else arp -an 2>/dev/null; fi
for file in %(lease_files)s; do
    if [ -f "$file" ] && [ -r "$file" ]; then part leases; cat "$file"; fi
done
for folder in %(config_dirs)s; do
    for file in "$folder"/*; do
        if [ -f "$file" ] && [ -r "$file" ] && [ "$(wc -c <"$file")" -le %(config_bytes)d ]; then
            part path; printf '%%s' "$file"
            part file; cat "$file"
        fi
    done
done
part end
exit 0
} </dev/null
"""


class Part(NamedTuple):
    """One part of an answer. ``status`` is that of the command whose output it is, None where there is none to tell."""

    text: str
    status: int | None = None


class Answer(NamedTuple):
    """What a dom0 said, in parts by their names; those that may come more than once as lists.

    :param configs: (path, text) of the files in the folders of configs.
    """

    parts: dict[str, Part]
    leases: list[str]
    configs: list[tuple[str, str]]

    def text(self, name: str) -> str:
        return self.parts[name].text if name in self.parts else ""


def new_mark() -> str:
    """A word that nobody else can know."""
    return f"part-{secrets.token_hex(16)}"


def script(settings: Settings, mark: str) -> str:
    """The question, for the standard input of ``sh -s``."""
    return _SCRIPT % {
        "mark": mark,
        "path": shlex.quote(":".join(settings.path)),
        "xl": shlex.quote(settings.xl),
        "xm": shlex.quote(settings.xm),
        "toolstack": shlex.quote(settings.toolstack),
        "sockets": _words(_toolstack.XEND_SOCKETS),
        "seconds": max(1, settings.timeout - 1),
        "lease_files": _words(settings.lease_files if "leases" in settings.address_sources else ()),
        "config_dirs": _words(settings.config_dirs if settings.configured else ()),
        "config_bytes": _CONFIG_BYTES,
    }


def _words(words: Sequence[str]) -> str:
    """Words of a ``for``; a for without any is allowed in POSIX sh."""
    return " ".join(shlex.quote(word) for word in words)


def parse(text: str, mark: str) -> Answer:
    """The parts of an answer. What came before the first one, such as the greeting of a login shell, is left out.

    :raises XenError: it does not go to its end.
    """
    pieces = re.split(rf"\n{re.escape(mark)} (\w+)\n", text)
    names, texts = pieces[1::2], pieces[2::2]
    if not names or names[-1] != "end":
        after = f" after `{names[-1]}`" if names else ""
        raise XenError(f"the answer ends early{after}: {pieces[-1].strip()[-200:] or 'nothing more was said'!r}.")
    answer = Answer({}, [], [])
    last = ""
    for name, piece in zip(names, texts):
        if name == "status":
            status = int(piece) if re.fullmatch(r"\s*[0-9]{1,3}\s*", piece) else None
            answer.parts[last] = answer.parts.get(last, Part(""))._replace(status=status)
        elif name == "leases":
            answer.leases.append(piece)
        elif name == "path":
            answer.configs.append((piece, ""))
        elif name == "file":
            if not answer.configs:
                raise XenError("the answer has a config file without a path before it.")
            answer.configs[-1] = (answer.configs[-1][0], piece)
        else:
            answer.parts[name] = Part(piece)
        last = name
    return answer
