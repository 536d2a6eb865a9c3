# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The options of xen_domains: a list of domains, each with any option of xen_domain, made into tasks or refused as one.

All that is wrong with the list is said at once, before anything is looked at: a list of a hundred guests must not be
corrected one error a run.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domain._domain import DomainTask
from ansible_collections.netbsd.xen.plugins.module_utils.domain._domain_spec import domain_spec
from ansible_collections.netbsd.xen.plugins.module_utils.domains import _domains_order

# States in which a domain is not in Xen
GONE = ("stopped", "saved", "absent")
PRUNE = ("none", "report", "stop", "remove")
# What a domain that is not declared takes over of the options that all declared ones share.
_PRUNED_LIKE_OTHERS = ("timeout", "force")


class Element(NamedTuple):
    """One domain of the list.

    :param declared: False for a domain that is there and in no list: it is pruned.
    """

    task: DomainTask
    depends_on: tuple[str, ...] = ()
    delay: float = 0.0
    order: int = 0
    declared: bool = True

    @property
    def name(self) -> str:
        return self.task.name


def element_spec() -> dict[str, dict[str, Any]]:
    """What an element of ``domains`` may say."""
    return dict(
        depends_on={"type": "list", "elements": "str", "default": []},
        delay={"type": "float", "default": 0.0},
        order={"type": "int", "default": 0},
        **domain_spec(),
    )


def options_spec() -> dict[str, dict[str, Any]]:
    """The options of the module, without those that all modules of the group share."""
    return dict(
        domains={"type": "list", "elements": "dict", "required": True},
        defaults={"type": "dict", "default": {}},
        only={"type": "list", "elements": "str"},
        parallel={"type": "int", "default": 10},
        parallel_starts={"type": "int", "default": 1},
        prune={"type": "str", "choices": list(PRUNE), "default": "none"},
        prune_except={"type": "list", "elements": "str", "default": []},
    )


def elements(params: dict[str, Any]) -> list[Element]:
    """The domains of the task, in the order of the list.

    :raises BadValue: with all that is wrong, each with the domain and the option.
    """
    problems = [f"{name}: must be at least 1." for name in ("parallel", "parallel_starts") if params[name] < 1]
    if "name" in params["defaults"]:
        problems.append("defaults: name: every domain has a name of its own.")
    if not params["domains"] and params["prune"] in ("stop", "remove"):
        problems.append(
            f"prune: {params['prune']} with an empty list would take every guest of the host. "
            "Declare those that shall go, with state absent."
        )
    found = []
    for index, given in enumerate(params["domains"]):
        name = given.get("name") or f"domains[{index}]"
        try:
            found.append(_element({**_without_aliases(params["defaults"]), **_without_aliases(given)}))
        except BadValue as error:
            reasons = error.details.get("reasons") or [error.message]
            problems += [f"{name}: {reason}" for reason in reasons]
    problems += _problems_between(found, [str(given.get("name")) for given in params["domains"]])
    if problems:
        raise BadValueList(problems)
    _domains_order.require_no_cycle({element.name: element.depends_on for element in found})
    return found


def pruned(name: str, path: str | None, params: dict[str, Any]) -> Element:
    """A domain that is not declared, and shall be stopped or removed.

    :param path: of its config file.
    :raises BadValue: its name is one that xl does not take as a name.
    """
    like = {key: params["defaults"][key] for key in _PRUNED_LIKE_OTHERS if key in params["defaults"]}
    state = "absent" if params["prune"] == "remove" else "stopped"
    return _element({**like, "name": name, "state": state, "config": path})._replace(declared=False)


def domain_params(option: str, given: dict[str, Any]) -> dict[str, Any]:
    """The options of one domain out of a dictionary, with their defaults.

    :raises BadValue: xen_domain would not take it.
    """
    checked = ArgumentSpecValidator(domain_spec()).validate(_without_aliases(given))
    if checked.error_messages:
        reasons = [message.partition(" Supported parameters include")[0] for message in checked.error_messages]
        raise BadValue(option, "…", "; ".join(reasons), reasons=reasons)
    params: dict[str, Any] = checked.validated_parameters
    return params


class BadValueList(XenError):
    """Everything that is wrong with a list, each with its place."""

    error_id = "bad_value"

    def __init__(self, problems: list[str]) -> None:
        many = f"{len(problems)} values of this task are wrong; nothing was looked at or changed. "
        super().__init__((many if len(problems) > 1 else "") + "\n".join(problems), problems=problems)


def _element(given: dict[str, Any]) -> Element:
    """:raises BadValue: ``reasons`` in its details has all that can be said at once."""
    checked = _validator().validate(given)
    if checked.error_messages:
        # the list of all options that follows would hide what is wrong
        reasons = [message.partition(" Supported parameters include")[0] for message in checked.error_messages]
        raise BadValue("domains", "…", "; ".join(reasons), reasons=reasons)
    params = checked.validated_parameters
    if params["delay"] < 0:
        raise BadValue("delay", params["delay"], "seconds cannot be negative.")
    return Element(
        task=DomainTask(params),
        depends_on=tuple(dict.fromkeys(params["depends_on"])),
        delay=params["delay"],
        order=params["order"],
    )


def _without_aliases(given: dict[str, Any]) -> dict[str, Any]:
    """``disk`` of a domain must replace ``disks`` of the defaults."""
    return {_aliases().get(name, name): value for name, value in given.items()}


@functools.lru_cache(maxsize=None)  # functools.cache is younger than the oldest Python of managed hosts
def _aliases() -> dict[str, str]:
    return {alias: name for name, spec in domain_spec().items() for alias in spec.get("aliases", ())}


@functools.lru_cache(maxsize=None)
def _validator() -> ArgumentSpecValidator:
    """One for all elements: making it takes as long as using it."""
    return ArgumentSpecValidator(element_spec())


def _problems_between(found: list[Element], names: list[str]) -> list[str]:
    """What only shows when the domains are looked at together.

    :param names: of all elements, good or bad: a bad one is still one that others may depend on.
    """
    twice = sorted({name for name in names if names.count(name) > 1 and name != "None"})
    problems = [f"{name}: declared {names.count(name)} times." for name in twice]
    for element in found:
        unknown = [name for name in element.depends_on if name not in names]
        problems += [f"{element.name}: depends_on: {name} is not in the list." for name in unknown]
    return problems
