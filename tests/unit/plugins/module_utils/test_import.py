# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a host as variables, given back to the host, is a plan with no steps."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart, _autostart_links
from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core import _xen_module
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _domain, _domain_spec, _plan_domain
from ansible_collections.netbsd.xen.plugins.module_utils.info import _import
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xl
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import captured, live, row
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.test_plan_config import LINES

CORPUS = Path(__file__).resolve().parents[4].parent / "shared" / "corpus" / "xlcfg"
VALIDATOR = ArgumentSpecValidator({**_domain_spec.domain_spec(), **_xen_module.common_spec()})
PATH = "/etc/xen/web.cfg"


@pytest.fixture(autouse=True)
def nothing_starts(tmp_path, monkeypatch):
    """No guest starts at boot, unless a test says so."""
    layout = _autostart_links._host.layout()._replace(auto_dir=str(tmp_path / "auto"))
    monkeypatch.setattr(_autostart_links._host, "layout", lambda: layout)
    monkeypatch.setattr(_autostart.platform, "system", lambda: "Linux")
    monkeypatch.setattr(_autostart_links, "SETTINGS", ())


def imported(text, state="stopped", libxl=None, path=PATH, syntax="xl", **more):
    """The import of one domain, and its entry of the list as a playbook would have it: through YAML and back."""
    config = None if text is None else _configfile.parse(text, path, syntax)
    name = str(config.value("name")) if config else "web"
    made = _import.Import(_autostart.read())
    made.add(_import.Source(name, state, config, libxl, **more))
    result = made.result()
    assert yaml.safe_load(yaml.safe_dump(result)) == result
    (domain,) = result["vars"]["xen_domains"] or [None]
    return made, domain


def fed_back(domain, text, state="stopped", libxl=None, path=PATH, syntax="xl"):
    """The plan of a task that has exactly these options."""
    validated = VALIDATOR.validate(json.loads(json.dumps(domain)))
    assert not validated.error_messages
    task = _domain.DomainTask(validated.validated_parameters)
    config = _configfile.ConfigFile(path, None) if text is None else _configfile.parse(text, path, syntax)
    guest = _plan_config.Guest(row(state, name=domain["name"]), libxl) if state in ("running", "paused") else None
    saved = state == "saved"
    situation = _plan_domain.Situation(
        config, guest, "/var/lib/xen/save/x.save", saved, saved_config=libxl if saved else None
    )
    return _plan_domain.plan(task.request, situation, _xl.Commands)


def round_trip(text, state="stopped", libxl=None, syntax="xl", **more):
    """:return: the entry and the problems, after it was shown that it changes nothing."""
    made, domain = imported(text, state, libxl, syntax=syntax, **more)
    plan = fed_back(domain, text, state, libxl, syntax=syntax)
    assert (plan.actions, plan.config_after) == ([], text), domain
    return domain, made


def corpus(syntax):
    for path in sorted(CORPUS.glob("*")):
        text = _xlcfg.read_text(path.read_bytes())
        try:
            named = _configfile.parse(text, PATH, syntax).value("name")
        except XenError:
            continue
        if isinstance(named, str):
            yield pytest.param(text, id=path.name)


@pytest.mark.parametrize("text", list(corpus("xl")))
def test_files_of_public_projects(text):
    domain, made = round_trip(text)
    keys = set(_xlcfg.parse(text).as_dict())
    told = {problem["option"] for problem in made.problems} | {secret["option"] for secret in made.secrets}
    said = set(domain) | set(domain.get("extra_config", {})) | told
    names = {option.key: option.name for option in _import._options.TABLE}
    config = _configfile.parse(text, PATH)
    empty = {key for key in keys if key in names and not said & {names[key]} and _is_empty(config, key)}
    assert {names.get(key, key) for key in keys - empty} - said <= {"builder"}, "something was lost silently"


def _is_empty(config, key):
    return _plan_config.on_disk(config, _import._options.BY_KEY[key]) in ("", [])


@pytest.mark.parametrize("text", list(corpus("python")))
def test_files_as_xm_reads_them(text):
    round_trip(text, syntax="python")


def test_a_file_of_xm_is_read_and_not_run():
    text = """import os
arch = os.uname()[4]
size = 2 * 32
name = "web"
builder = "linux"
kernel = "/boot/" + "netbsd"
memory = size
vcpus = len(arch)
disk = [ 'file:/srv/%s.img,0x1,w' % name ]
vif = [ 'mac=00:16:3e:00:00:0a, bridge=bridge0' ]
vhpt = hash(arch)
"""
    domain, made = round_trip(text, syntax="python")
    assert domain == {
        "name": "web",
        "state": "stopped",
        "type": "pv",
        "kernel": "/boot/netbsd",
        "memory": 64,
        "disks": [{"vdev": "0x1", "target": "/srv/web.img"}],
        "vifs": [{"mac": "00:16:3e:00:00:0a", "bridge": "bridge0"}],
    }
    assert [(problem["option"], problem["line"]) for problem in made.problems] == [("vcpus", 8), ("vhpt", 11)]
    assert "size" not in str(domain), "a variable of the file's own is no setting"


@settings(max_examples=300, deadline=None)
@given(LINES, st.sampled_from(["stopped", "saved", "running"]))
def test_any_file(lines, state):
    text = "\n".join(["name = 'web'", *lines]) + "\n"
    round_trip(text, state)


def _words(option):
    """Values that mean something for this key, and some that mean nothing."""
    own = [str(word) for word in option.spec.get("choices", ())]
    some = [
        "0",
        "1",
        "2",
        "16",
        "0x10",
        "-1",
        "",
        "all",
        "1-2",
        "/a/b",
        "a",
        "a=1,b=2",
        "00:16:3e:00:00:01",
        "pty",
        "{{",
    ]
    return st.sampled_from([*own, *own, *some])


def _any_value(option):
    words = _words(option)
    if option.name in _plan_config.KERNEL_LINE:
        return words  # a list there stops every task on the file: nobody can tell the line that xl makes of it
    return st.one_of(words, st.lists(words, max_size=2))


@st.composite
def any_settings(draw):
    options = draw(st.lists(st.sampled_from(_import._options.TABLE), max_size=6, unique_by=lambda option: option.key))
    given = [(option.key, draw(_any_value(option))) for option in options]
    return "".join(f"{key} = {_xlcfg.render_value(value)}\n" for key, value in given)


@settings(max_examples=400, deadline=None)
@given(any_settings(), st.sampled_from(["stopped", "running"]), st.sampled_from(["xl", "python"]))
def test_any_value_of_any_key(text, state, syntax):
    round_trip("name = 'web'\n" + text, state, syntax=syntax)


def test_a_clean_entry():
    text = """# a shop
name = "web"
builder = "generic"
kernel = "/netbsd"
memory = 0x200
vcpus = 2
disk = [ 'file:/srv/web.img,0x1,w', 'phy:/dev/wd0f,0x2,r' ]
vif = [ 'mac=00:16:3E:00:00:0A, bridge=bridge0' ]
root = "xbd0"
localtime = 1
device_model_args = [ "-nodefaults", "1" ]
on_crash = "preserve"
their_own = [ 1, "2" ]
of_theirs = "0x10"
empty = []
"""
    domain, made = round_trip(text)
    assert domain == {
        "name": "web",
        "state": "stopped",
        "type": "pv",
        "kernel": "/netbsd",
        "root": "xbd0",
        "memory": 512,
        "vcpus": 2,
        "disks": [
            {"vdev": "0x1", "target": "/srv/web.img"},
            {"vdev": "0x2", "target": "/dev/wd0f", "access": "r"},
        ],
        "vifs": [{"mac": "00:16:3e:00:00:0a", "bridge": "bridge0"}],
        "on_crash": "preserve",
        "localtime": True,
        "device_model_args": ["-nodefaults", "1"],
        "extra_config": {"their_own": [1, 2], "of_theirs": "0x10", "empty": []},
    }
    assert (made.problems, made.secrets) == ([], [])


@pytest.mark.parametrize("state", ["running", "paused", "saved", "stopped", "present"])
def test_states(state):
    text = "name = 'web'\nkernel = '/k'\nmemory = 512\nvif = [ 'bridge=br0', '' ]\n"
    nics = [{"devid": 0, "mac": "00:16:3e:00:00:01", "bridge": "br0"}, {"devid": 1, "mac": "00:16:3e:00:00:02"}]
    domain, made = round_trip(text, state, live(nics=nics) if state not in ("stopped", "present") else None)
    assert domain["state"] == state
    assert domain["vifs"] == [{"mac": "random", "bridge": "br0"}, {"mac": "random"}]
    assert made.problems == []


@pytest.mark.parametrize("state", ["crashed", "shutdown", "dying"])
def test_a_state_to_be_in_for_nobody(state):
    made, domain = imported("name = 'web'\nmemory = 1\n", state)
    assert domain["state"] == "present"
    assert [problem["option"] for problem in made.problems] == ["state"]


def test_what_differs_in_the_guest_is_not_brought_to_it():
    text = "name = 'web'\nkernel = '/k'\nmemory = 256\nvcpus = 1\n"
    made, domain = imported(text, "running", live(memory=512), moves=True)
    assert domain["apply"] == "next_boot" and domain["memory"] == 256
    assert made.problems[0]["option"] == "apply"


def test_a_path_that_the_name_does_not_lead_to():
    _made, domain = imported("name = 'web'\nmemory = 1\n", path="/srv/other", found_by_name=False)
    assert domain["config"] == "/srv/other"


class TestLeftOut:
    @pytest.mark.parametrize(
        "line, option, reason",
        [
            ("kernel = 'netbsd'", "kernel", "whole path"),
            ("kernel = '/boot/$x'", "kernel", r"behind ~ or \$"),
            ("type = 'PV'", "type", "none of pv"),
            ("memory = 'lots'", "memory", "number"),
            ("disk = [ '/a,raw,xvda,rw', '/b,raw,xvda,rw' ]", "disks", "two devices"),
            ("disk = 'x'", "disks", "a string where xl wants a list"),
            ("uuid = 'none'", "uuid", "UUID"),
            ("extra = '{{ 7 * 7 }}'", "extra", "template"),
            ("pool = 'a{% b'", "pool", "template"),
            ("extra = 'a\udcff'", "extra", "UTF-8"),
            ("cmdline = 'quiet'\nroot = 'xbd0'", "root", "ignores"),
            ("on_crash = 'pray'", "on_crash", "action"),
        ],
    )
    def test_is_named_with_its_line(self, line, option, reason):
        text = f"name = 'web'\n# a comment\n{line}\n"
        domain, made = round_trip(text)
        assert option not in domain and option not in domain.get("extra_config", {})
        (problem,) = made.problems
        assert (problem["name"], problem["path"], problem["option"]) == ("web", PATH, option)
        assert problem["line"] == 2 + len(line.splitlines())
        assert re.search(reason, problem["reason"])

    @pytest.mark.parametrize(
        "line, option",
        [
            ("vncpasswd = 'hunter2'", "vncpasswd"),
            ("spicepasswd = 'hunter2'", "spicepasswd"),
            ("vfb = [ 'vnc=1,vncpasswd=hunter2' ]", "vfb"),
        ],
    )
    def test_secrets(self, line, option):
        domain, made = round_trip(f"name = 'web-1'\nmemory = 64\n{line}\n")
        assert "hunter2" not in str(made.result())
        assert option not in str(domain)
        (secret,) = made.secrets
        assert (secret["option"], secret["suggestion"]) == (option, f"{{{{ vault_web_1_{option} }}}}")

    @pytest.mark.parametrize("name", ["a b", "12", "x" * 41])
    def test_a_name_that_no_task_can_have(self, name):
        made = _import.Import(_autostart.read())
        made.add(_import.Source(name, "running", None, live()))
        assert made.domains == [] and made.problems[0]["option"] == "name"


class TestWithoutFile:
    @pytest.mark.parametrize("state", ["running", "paused", "saved"])
    def test_a_guest_gets_its_file_and_nothing_else(self, state):
        libxl = live(
            cmdline="root=xbd0 quiet",
            nics=[{"devid": 0, "mac": "00:16:3e:00:00:01", "bridge": "br0", "nictype": "vif"}],
            disks=[{"pdev_path": "/a.img", "vdev": "xvda", "format": "raw", "readwrite": 1}],
        )
        made, domain = imported(None, state, libxl)
        assert domain["cmdline"] == "root=xbd0 quiet"
        assert "maxmem" not in domain and "on_reboot" not in domain
        plan = fed_back(domain, None, state, libxl)
        assert plan.actions == [f"write {PATH}"]
        assert not plan.restart_required
        again = fed_back(domain, plan.config_after, state, libxl)
        assert again.actions == []
        assert [problem["option"] for problem in made.problems] == ["config"]

    def test_recorded_guests(self):
        entries = json.loads(captured("b-life-056-list-l-all"))
        for entry in entries[1:]:
            libxl = entry["config"]
            made = _import.Import(_autostart.read())
            made.add(_import.Source(libxl["c_info"]["name"], "running", None, libxl))
            (domain,) = made.domains
            plan = fed_back(domain, None, "running", libxl)
            assert plan.actions == [f"write {PATH}"] and not plan.restart_required
            assert fed_back(domain, plan.config_after, "running", libxl).actions == []


class TestAutostart:
    @pytest.fixture
    def host(self, tmp_path):
        (tmp_path / "auto").mkdir()
        for name in ("web", "db", "mail"):
            (tmp_path / f"{name}.cfg").write_text(f"name = '{name}'\n")
        return tmp_path

    def listed(self, host, *names):
        made = _import.Import(_autostart.read())
        for name in names:
            config = _configfile.read(str(host / f"{name}.cfg"))
            made.add(_import.Source(name, "stopped", config, None))
        return made

    def test_the_list_has_the_order_of_the_host(self, host):
        (host / "auto" / "10-web").symlink_to(host / "web.cfg")
        (host / "auto" / "db.cfg").symlink_to(host / "db.cfg")
        made = self.listed(host, "db", "mail", "web")
        assert [domain["name"] for domain in made.result()["vars"]["xen_domains"]] == ["web", "db", "mail"]
        told = {domain["name"]: {**domain} for domain in made.domains}
        assert told["web"]["autostart"] is True and told["web"]["autostart_order"] == 10
        assert told["db"]["autostart"] is True and "autostart_order" not in told["db"]
        assert "autostart" not in told["mail"]
        for domain in made.domains:
            wanted = _autostart.want(domain, str(host / f"{domain['name']}.cfg"))
            assert _autostart.read().changes(wanted) == []

    def test_a_list_that_is_not_in_order_is_left_alone(self, host):
        for name in ("10-web", "web"):
            (host / "auto" / name).symlink_to(host / "web.cfg")
        made = self.listed(host, "web")
        assert "autostart" not in made.domains[0]
        assert "remove" in made.problems[0]["reason"]
