# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have real xl read every option of the table, as our file says it, and record what it makes of it.

``xl create -n`` parses a config file and prints libxl's configuration without starting anything. What is recorded is
that configuration, for each example of ``option_examples.py``; test_options_recorded.py holds the table to it: that xl
knows the key and its type, and that our getter finds the value where libxl keeps it.

    python tests/integration/record_options.py tests/fixtures/options-xl-4.17.json
"""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "lab")]

from link_checkout import link_checkout  # noqa: E402 - found in tools, after the path above
from xenlab import Lab  # noqa: E402

sys.path.insert(0, str(link_checkout()))

from ansible_collections.netbsd.xen.plugins.module_utils.options import _options  # noqa: E402
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg  # noqa: E402
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.option_examples import EXAMPLES, Example  # noqa: E402

FOLDER = "/tmp/options"
# What separates the answers: configuration, warnings, exit code.
_MARKS = ("@@stdout", "@@stderr", "@@rc")
_RUN = f"""cd {FOLDER} && for file in *.cfg; do
    xl create -n "$file" >out 2>err; rc=$?
    echo "{_MARKS[0]} $file"; cat out; echo; echo "{_MARKS[1]}"; cat err; echo "{_MARKS[2]} $rc"
done"""


def config_text(name: str, value: Any, example: Example) -> str:
    """A config file with this option, and as little else as xl is content with."""
    option = _options.BY_NAME[name]
    wanted = _options.wanted_from({name: value})[name]
    settings: list[tuple[str, Any]] = [("name", "recorded"), ("memory", 256)]
    if example.guest:
        settings.append(("type", example.guest))
    if example.guest != "hvm":
        settings.append(("kernel", "/srv/domu/vmlinuz"))
    settings = [(key, said) for key, said in settings if key != option.key]
    settings.append((option.key, option.kind.to_file(wanted)))
    return _xlcfg.new_document(settings) + (example.beside + "\n" if example.beside else "")


def cases() -> dict[str, tuple[str, Any, str]]:
    """File name -> option, value, text."""
    found = {}
    for name, example in EXAMPLES.items():
        for index, value in enumerate(example.good):
            found[f"{name}-{index}.cfg"] = (name, value, config_text(name, value, example))
    return found


def answers(output: str) -> dict[str, dict[str, Any]]:
    """What xl said of each file."""
    found = {}
    for part in output.split(_MARKS[0] + " ")[1:]:
        name, _newline, rest = part.partition("\n")
        stdout, _mark, rest = rest.partition(_MARKS[1] + "\n")
        stderr, _mark, code = rest.partition(_MARKS[2] + " ")
        said = [line for line in stderr.splitlines() if not line.startswith("Parsing config from")]
        found[name] = {"rc": int(code), "said": said, "libxl": json.loads(stdout) if stdout.strip() else None}
    return found


def recorded(target: Path) -> tuple[str, dict[str, dict[str, Any]]]:
    """What an earlier run recorded: the version of Xen, and the answers by the text of the file."""
    if not target.exists():
        return "", {}
    found = json.loads(target.read_text(encoding="utf-8"))
    return found["xen"], {
        case["config"]: {key: case[key] for key in ("rc", "said", "libxl")} for case in found["cases"]
    }


def main(target: Path) -> None:
    """Record into the file ``target`` what is not in it yet; remove the file to record all anew."""
    wanted = cases()
    version, answered = recorded(target)
    todo = {name: text for name, (_option, _value, text) in wanted.items() if text not in answered}
    if todo:
        with Lab.instance("options") as host:
            now = host.check("xl info | awk '/^xen_version/ {print $3}'").strip()
            assert version in ("", now), f"{target} is of Xen {version}, and this is {now}"
            script = [f"mkdir -p {FOLDER}"]
            script += [f"printf %s {shlex.quote(text)} >{FOLDER}/{name}" for name, text in todo.items()]
            host.check("\n".join(script))
            said = answers(host.check(_RUN, timeout=330))
        version = now
        answered.update({text: said[name] for name, text in todo.items()})
    lines = [
        json.dumps({"option": option, "value": value, "config": text, **answered[text]}, ensure_ascii=False)
        for option, value, text in wanted.values()
    ]
    # one line a case, so that a change of one shows as one
    joined = ",\n".join(lines)
    target.write_text(f'{{"xen": "{version}", "cases": [\n{joined}\n]}}\n', encoding="utf-8")
    refused = [name for name, (_option, _value, text) in wanted.items() if answered[text]["rc"]]
    print(
        f"{len(wanted)} cases on Xen {version}, {len(todo)} of them now, {len(refused)} refused: {', '.join(refused)}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
