# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The face's rc.subr(8): what rc.d scripts of packages and Ansible's service module rely on."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
from face_root import ROOTFS, Face, make

PREAMBLE = f". {ROOTFS}/etc/rc.subr\n"


@pytest.fixture
def face(tmp_path: Path) -> Face:
    return make(tmp_path)


def service(face: Face, body: str, argument: str, rc_conf: str = "") -> tuple[int, str, str]:
    face.write("etc/rc.conf", rc_conf)
    result = face.script(f'{PREAMBLE}{body}\nload_rc_config $name\nrun_rc_command "$1"\n', argument)
    return result.rc, result.stdout, result.stderr


CUSTOM = 'name=thing\nrcvar=thing\nstart_cmd="echo started"\nstop_cmd="echo stopped"'


def test_a_service_that_is_not_enabled_says_how_to_start_it_all_the_same(face: Face) -> None:
    rc, out, err = service(face, CUSTOM, "start", "thing=NO\n")
    assert (rc, out) == (1, "")
    script = face.root / "script"
    assert err == (
        "$thing is not enabled - see rc.conf(5).\n"
        f"Use the following if you wish to perform the operation:\n  {script} onestart\n"
    )


@pytest.mark.parametrize("argument", ["onestart", "forcestart"])
def test_one_and_force_start_what_is_not_enabled(face: Face, argument: str) -> None:
    assert service(face, CUSTOM, argument, "thing=NO\n") == (0, "started\n", "")


@pytest.mark.parametrize("value", ["YES", "yes", "True", "on", "1"])
def test_yes_has_many_spellings(face: Face, value: str) -> None:
    assert service(face, CUSTOM, "start", f"thing={value}\n") == (0, "started\n", "")


def test_a_value_that_is_neither_yes_nor_no_is_a_warning_and_no(face: Face) -> None:
    rc, out, err = service(face, CUSTOM, "start", "thing=maybe\n")
    assert (rc, out) == (1, "")
    assert "WARNING: $thing is not set properly - see rc.conf(5).\n" in err


def test_the_scripts_own_file_of_rc_conf_d_wins(face: Face) -> None:
    face.write("etc/rc.conf.d/thing", "thing=NO\n")
    assert service(face, CUSTOM, "start", "thing=YES\n")[0] == 1


def test_without_an_rcvar_nothing_is_asked(face: Face) -> None:
    body = "name=xendomains\nstart_cmd='echo started $xendomains'"
    assert service(face, body, "start", "xendomains=NO\n") == (0, "started NO\n", "")


def test_an_unknown_directive_is_named_and_is_rc_1(face: Face) -> None:
    rc, out, err = service(face, CUSTOM + "\nextra_commands=list", "status", "thing=YES\n")
    script = face.root / "script"
    assert (rc, out) == (1, "")
    assert err == (
        f"{script}: unknown directive 'status'.\nUsage: {script} [fast|force|one](start|stop|restart|rcvar|list)\n"
    )


def test_extra_commands_have_their_own_functions(face: Face) -> None:
    body = CUSTOM + "\nextra_commands=list\nlist_cmd='echo a b'"
    assert service(face, body, "list", "thing=YES\n") == (0, "a b\n", "")


def test_required_files_count_in_the_built_in_start_only(face: Face) -> None:
    missing = face.root / "no-such-file"
    face.tool("daemon", "echo ran")
    own = f"{CUSTOM}\nrequired_files={missing}"
    built_in = f"name=thing\nrcvar=thing\ncommand={face.tools}/daemon\nrequired_files={missing}"
    assert service(face, own, "start", "thing=YES\n") == (0, "started\n", "")
    rc, out, err = service(face, built_in, "start", "thing=YES\n")
    assert (rc, out) == (1, "")
    assert err.endswith(f"WARNING: {missing} is not readable.\n")
    assert service(face, built_in, "forcestart", "thing=YES\n")[1] == "Starting thing.\nran\n"


def test_the_result_of_a_start_cmd_is_the_scripts_result(face: Face) -> None:
    assert service(face, "name=thing\nrcvar=thing\nstart_cmd=false", "start", "thing=YES\n")[0] == 1
    assert service(face, "name=thing\nrcvar=thing\nstart_cmd=false", "forcestart", "thing=YES\n")[0] == 0


def test_status_looks_for_the_process_of_the_pid_file(face: Face, tmp_path: Path) -> None:
    body = f"name=sleeper\nrcvar=sleeper\ncommand=sleep\npidfile={tmp_path}/pid"
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        (tmp_path / "pid").write_text(f"{sleeper.pid}\n")
        assert service(face, body, "onestatus") == (0, f"sleeper is running as pid {sleeper.pid}.\n", "")
    finally:
        sleeper.send_signal(signal.SIGKILL)
        sleeper.wait()
    assert service(face, body, "onestatus") == (1, "sleeper is not running.\n", "")


def test_a_pid_file_of_another_program_is_not_running(face: Face, tmp_path: Path) -> None:
    (tmp_path / "pid").write_text("1\n")
    body = f"name=thing\nrcvar=thing\ncommand=/usr/pkg/sbin/thing\npidfile={tmp_path}/pid"
    assert service(face, body, "onestatus") == (1, "thing is not running.\n", "")


def test_rcvar_says_what_is_set(face: Face) -> None:
    assert service(face, CUSTOM, "rcvar", "thing=YES\n") == (0, "# thing\n$thing=YES\n", "")


def test_a_failing_precmd_prevents_the_start(face: Face) -> None:
    body = CUSTOM + "\nstart_precmd=false"
    assert service(face, body, "start", "thing=YES\n") == (1, "", "")


def test_at_boot_a_service_that_is_not_wanted_is_no_news(face: Face) -> None:
    face.write("etc/rc.conf", "thing=NO\n")
    face.write("thing", f'#!/bin/sh\n{PREAMBLE}{CUSTOM}\nload_rc_config $name\nrun_rc_command "$1"\n')
    (face.root / "thing").chmod(0o755)
    result = face.script(f"{PREAMBLE}run_rc_script {face.root}/thing start; echo after $?")
    assert (result.rc, result.stdout, result.stderr) == (0, "after 0\n", "")


def rcorder(face: Face, files: dict[str, str], *options: str) -> list[str]:
    for name, text in files.items():
        face.write(f"rc.d/{name}", f"#!/bin/sh\n#\n{text}\n\necho body\n# REQUIRE: nothing-here\n")
    paths = [str(face.root / "rc.d" / name) for name in files]
    result = face.run("usr/sbin/rcorder", *options, *paths)
    assert result.rc == 0
    return [Path(line).name for line in result.stdout.splitlines()]


SCRIPTS = {
    "xendomains": "# PROVIDE: xendomains\n# REQUIRE: xencommons\n# KEYWORD: shutdown",
    "xencommons": "# PROVIDE: xencommons\n# REQUIRE: DAEMON",
    "DAEMON": "# PROVIDE: DAEMON\n# REQUIRE: network",
    "early": "# PROVIDE: early\n# BEFORE: network",
    "network": "# PROVIDE: network",
}


def test_rcorder_puts_what_is_required_first(face: Face) -> None:
    assert rcorder(face, SCRIPTS) == ["early", "network", "DAEMON", "xencommons", "xendomains"]


def test_rcorder_keeps_and_skips_by_keyword(face: Face) -> None:
    assert rcorder(face, SCRIPTS, "-k", "shutdown") == ["xendomains"]
    assert rcorder(face, SCRIPTS, "-s", "shutdown") == ["early", "network", "DAEMON", "xencommons"]


def test_rcorder_names_a_requirement_that_nobody_provides(face: Face) -> None:
    face.write("rc.d/a", "# PROVIDE: a\n# REQUIRE: b\n")
    file = face.root / "rc.d" / "a"
    result = face.run("usr/sbin/rcorder", str(file))
    assert result.stdout == f"{file}\n"
    assert result.stderr == f"rcorder: requirement `b' in file `{file}' has no providers.\n"


def test_all_scripts_of_the_face_have_an_order() -> None:
    scripts = sorted(str(path) for path in (ROOTFS / "etc/rc.d").iterdir())
    done = subprocess.run(
        ["sh", str(ROOTFS / "usr/sbin/rcorder"), *scripts], capture_output=True, text=True, check=True, timeout=60
    )
    names = [Path(line).name for line in done.stdout.splitlines()]
    assert sorted(names) == sorted(Path(script).name for script in scripts)
    assert done.stderr == ""
    assert names.index("network") < names.index("mountall") < names.index("DAEMON") < names.index("sshd")
