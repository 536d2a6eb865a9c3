# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation, argument spec and examples of the modules say the same."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netbsd.xen.plugins import doc_fragments, modules
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _domain
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _toolstack
from ansible_collections.netbsd.xen.plugins.modules import xen_domain
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import config, guest, live

yaml = pytest.importorskip("yaml")
MODULES = [
    importlib.import_module(f"{modules.__name__}.{each.name}") for each in pkgutil.iter_modules(modules.__path__)
]


class Recorded(Exception):
    """Carries the arguments with which a module made its AnsibleModule."""


def spec_of(module, monkeypatch):
    def record(**options):
        raise Recorded(options)

    monkeypatch.setattr(module, "XenModule", record)
    with pytest.raises(Recorded) as caught:
        module.main()
    options = caught.value.args[0]
    assert options["supports_check_mode"] is True
    return options["argument_spec"]


def fragment(name):
    """The options of a documentation fragment: ``netbsd.xen.FILE`` or ``netbsd.xen.FILE.PART``."""
    file, _dot, part = name[len("netbsd.xen.") :].partition(".")
    found = importlib.import_module(f"{doc_fragments.__name__}.{file}").ModuleDocFragment
    return yaml.safe_load(getattr(found, part.upper() or "DOCUMENTATION")).get("options", {})


def documented(module):
    text = yaml.safe_load(module.DOCUMENTATION)
    options = dict(text["options"])
    for name in text["extends_documentation_fragment"]:
        more = fragment(name)
        assert not set(more) & set(options), name
        options.update(more)
    return options


def assert_same(option, spec, path):
    assert option["description"], path
    for field, default in (("type", "str"), ("elements", None), ("choices", None), ("default", None)):
        assert option.get(field, default) == spec.get(field, default), (path, field)
    assert option.get("required", False) == spec.get("required", False), path
    assert sorted(option.get("aliases", [])) == sorted(spec.get("aliases", [])), path
    inner, documented_inner = spec.get("options", {}), option.get("suboptions", {})
    assert sorted(inner) == sorted(documented_inner), path
    for name, suboption in documented_inner.items():
        assert_same(suboption, inner[name], f"{path}.{name}")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_option_is_documented_as_it_is(module, monkeypatch):
    spec, options = spec_of(module, monkeypatch), documented(module)
    assert sorted(spec) == sorted(options)
    for name, option in options.items():
        assert_same(option, spec[name], name)


def test_the_fragments_are_the_table():
    """What is documented of a domain's properties is the option table, no more and no less."""
    names = ["domain", "domain_devices", "domain_hvm", "domain_display"]
    options = {name: option for file in names for name, option in fragment(f"netbsd.xen.{file}").items()}
    assert set(options) == set(_options.BY_NAME)
    for name, spec in _options.argument_spec().items():
        assert_same(options[name], spec, name)
        secret = "pass" in name and "passthr" not in name
        assert bool(spec.get("no_log")) is secret, name


def examples(module):
    action = "netbsd.xen." + module.__name__.split(".")[-1]
    return [(task["name"], task[action] or {}) for task in yaml.safe_load(module.EXAMPLES) if action in task]


@pytest.mark.parametrize("name, params", examples(xen_domain))
def test_examples_work(name, params, monkeypatch, tmp_path):
    """Each is planned against a running guest, by the module's own way from parameters to plan."""
    validated = ArgumentSpecValidator(spec_of(xen_domain, monkeypatch)).validate(params)
    assert validated.error_messages == []
    request = _domain.DomainTask(validated.validated_parameters).request
    situation = _domain._plan_domain.Situation(
        config('name = "web"\nkernel = "/k"\nmemory = 256\n'), guest(libxl=live(256, maxmem=1024)), "/save", False
    )
    plan = _domain._plan_domain.plan(request, situation, _toolstack.commands())
    assert plan.state_after == {"restarted": "running"}.get(params["state"], params["state"])
    assert plan.changed is (params.get("apply") != "report")
    assert plan.differences or params["state"] in ("stopped", "restarted", "absent")


@pytest.mark.parametrize(
    "module, name, params", [(module, *example) for module in MODULES for example in examples(module)]
)
def test_examples_are_valid(module, name, params, monkeypatch):
    assert ArgumentSpecValidator(spec_of(module, monkeypatch)).validate(params).error_messages == [], name
