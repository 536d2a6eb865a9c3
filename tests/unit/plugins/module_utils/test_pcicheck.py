# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PCI functions of a guest: refused before the guest is started, with the reason and what would work."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _pcicheck
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_pci


class View:
    """A host with its other guests."""

    def __init__(self, toolstack="xl", assignable=(), version=("4", "17"), others=()):
        self.toolstack = self
        self.name = toolstack
        self._assignable, self._version, self._others = list(assignable), version, list(others)
        self.asked = 0

    def assignable(self):
        self.asked += 1
        return self._assignable

    def info(self):
        return dict(xen_major=self._version[0], xen_minor=self._version[1])

    def others_running(self, name):
        return [other for other in self._others if other.name != name]


def pci(*specs):
    return [_spec_pci.parse(spec) for spec in specs]


def other(name, *specs, where=None):
    return _checks.Other(where or f"the running domain {name}", None, [], [], name, pci(*specs))


def refuses(error_id, specs, view, **more):
    with pytest.raises(XenError) as caught:
        _pcicheck.require(pci(*specs), view, "web", **more)
    assert caught.value.details["error_id"] == error_id
    return str(caught.value)


class TestLinux:
    @pytest.fixture(autouse=True)
    def system(self, monkeypatch):
        monkeypatch.setattr(_pcicheck.platform, "system", lambda: "Linux")

    @pytest.mark.parametrize("spec", ["03:00.0", "0000:03:00.0", "03:00.*", "03:00.0,permissive=1"])
    def test_hidden_and_free(self, spec):
        _pcicheck.require(pci(spec), View(assignable=["0000:03:00.0"]), "web")

    def test_nothing_is_asked_without_a_function(self):
        view = View()
        _pcicheck.require([], view, "web")
        assert view.asked == 0

    def test_not_hidden(self):
        message = refuses("pci_not_assignable", ["03:00.0"], View())
        assert 'netbsd.xen.xen_pciback (devices: ["03:00.0"])' in message

    def test_another_guest_has_it(self):
        message = refuses("pci_in_use", ["03:00.0"], View(others=[other("db", "0000:03:00.0")]))
        assert "the running domain db" in message

    def test_another_guest_has_all_functions_of_the_device(self):
        refuses("pci_in_use", ["03:00.1"], View(assignable=["0000:03:00.1"], others=[other("db", "03:00.*")]))

    def test_what_it_has_itself_it_gets_again(self):
        _pcicheck.require(pci("03:00.0"), View(), "web", own=pci("03:00.0"))

    @pytest.mark.parametrize(("spec", "seize", "refused"), [
        ("03:00.0,seize=1", False, False), ("03:00.0", True, False), ("03:00.0,seize=0", True, True),
    ])  # fmt: skip
    def test_xl_may_seize_it(self, spec, seize, refused):
        if refused:
            refuses("pci_not_assignable", [spec], View(), seize=seize)
        else:
            _pcicheck.require(pci(spec), View(), "web", seize=seize)

    def test_one_with_a_name_is_left_to_xl(self):
        _pcicheck.require(pci("name=card"), View(), "web")

    def test_two_configs(self):
        files = [other("db", "03:00.0", where="the config file /etc/xen/db"), other("x", "04:00.0")]
        (warning,) = _pcicheck.warnings(pci("03:00.0"), View(), files)
        assert "/etc/xen/db" in warning


class TestNetBSD:
    @pytest.fixture(autouse=True)
    def system(self, monkeypatch, tmp_path):
        monkeypatch.setattr(_pcicheck.platform, "system", lambda: "NetBSD")
        monkeypatch.setattr(_pcicheck, "KERNFS", str(tmp_path))
        (tmp_path / "0000:03:00.0").write_text("vendor: 0x8086\n")

    def test_xl_cannot(self):
        message = refuses("pci_unsupported", ["03:00.0"], View(assignable=["0000:03:00.0"]))
        assert "/sys/bus/pci/devices" in message
        assert "Xen 3.1 with xm" in message

    @pytest.mark.parametrize("version", [("3", "3"), ("4", "1")])
    def test_later_versions_with_xm_cannot(self, version):
        assert "only 3.1 does" in refuses("pci_unsupported", ["03:00.0"], View("xm", version=version))

    def test_xm_of_xen_3_1_can(self):
        view = View("xm", version=("3", "1"))
        _pcicheck.require(pci("03:00.0"), view, "web")
        assert "xen_pciback" in refuses("pci_not_assignable", ["04:00.0"], view)

    def test_a_host_that_hides_nothing(self, monkeypatch):
        monkeypatch.setattr(_pcicheck, "KERNFS", "/nonexistent")
        refuses("pci_not_assignable", ["03:00.0"], View("xm", version=("3", "1")))

    def test_a_config_file_alone_is_written_with_a_warning(self):
        assert "will not start here" in _pcicheck.warnings(pci("03:00.0"), View(), [])[0]
        assert _pcicheck.warnings(pci("03:00.0"), View(), [], starts=True) == []
        assert _pcicheck.warnings([], View(), []) == []
