# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's packages and package tools, in a root directory of their own."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netbsd import catalogue, hypervisor, package, plists, xen_packages
from netbsd.assemble import FILES, assemble
from netbsd.release import Gzipped, Images, identity

TOOLS = FILES / "root" / "usr" / "lib" / "lab-pkg"
sys.path.insert(0, str(TOOLS))
from labpkg import change, dewey, install, remove  # noqa: E402
from labpkg.database import Database  # noqa: E402
from labpkg.pkgin import Pkgin  # noqa: E402
from labpkg.repositories import Problem  # noqa: E402

XEN418, XEN420 = "xentools418-20260317", "xentools420-20260317"


@pytest.fixture(scope="session")
def assembled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("face")
    (root / "etc/lab").mkdir(parents=True)
    (root / "etc/lab/face").write_text("release=10.1\nmachine=amd64\n")
    assemble(root)
    return root


@pytest.fixture
def root(assembled: Path, tmp_path: Path) -> Path:
    subprocess.run(["cp", "-a", "--reflink=auto", str(assembled), str(tmp_path / "root")], check=True)
    return tmp_path / "root"


@pytest.fixture
def repository(root: Path) -> Path:
    return root / "srv/pkgsrc/packages/NetBSD/x86_64/10.1/All"


@pytest.fixture(autouse=True)
def tools_of_this_checkout(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    """pkgin runs pkg_add and pkg_delete of the host: here those of this process' Python, on the test's root."""
    monkeypatch.delenv("PKG_RCD_SCRIPTS", raising=False)

    original = subprocess.run

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        module = {"pkg_add": "install", "pkg_delete": "remove"}[Path(command[0]).name]
        code = f"import sys; from labpkg.{module} import main; sys.exit(main(sys.argv[1:]))"
        arguments = [each.replace(str(root), "") for each in command[1:]]
        environment = {**os.environ, "PYTHONPATH": str(TOOLS)}
        words = [sys.executable, "-c", code, "-P", str(root), *arguments]
        return original(words, env=environment, check=options.pop("check", False), **options)

    monkeypatch.setattr(change.subprocess, "run", run)


def pkgin(root: Path, command: str, *words: str, options: str = "-y") -> int:
    given_options = {f"-{letter}": "" for letter in options.lstrip("-")}
    return Pkgin(given_options, root).run(command, list(words))


def pkg_add(root: Path, *arguments: str) -> int:
    return install.main(["-P", str(root), *arguments])


def names(root: Path) -> list[str]:
    return Database(root).names()


class TestVersions:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("1.0", "1.1"),
            ("1.9", "1.10"),
            ("1.0alpha2", "1.0beta1"),
            ("1.0rc1", "1.0"),
            ("1.0", "1.0nb1"),
            ("1.0nb9", "1.0nb10"),
            ("9.1a", "9.1b"),
            ("20250822", "20260317"),
            ("4.15.5nb3", "20260317"),
        ],
    )
    def test_order(self, one: str, other: str) -> None:
        assert dewey.compare(one, other) == -1
        assert dewey.compare(other, one) == 1

    @given(st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}(nb[0-9]{1,2})?", fullmatch=True))
    def test_a_version_equals_itself_and_trailing_zeros_do_not_count(self, version: str) -> None:
        assert dewey.compare(version, version) == 0
        if "nb" not in version:
            assert dewey.compare(version, f"{version}.0") == 0

    @pytest.mark.parametrize(
        ("pattern", "name", "expected"),
        [
            ("libxen-[0-9]*", "libxen-4.15", True),
            ("libxen-[0-9]*", "libxenlight-4.15", False),
            ("python311>=3.11.0", "python311-3.11.11", True),
            ("glib2>=2.4<2.80", "glib2-2.80.5", False),
            ("{foo,bar}-[0-9]*", "bar-1", True),
            ("gtk2+-[0-9]*", "gtk2+-2.24.33nb12", True),
            ("foo-1.0", "foo-1.0", True),
        ],
    )
    def test_patterns(self, pattern: str, name: str, expected: bool) -> None:
        assert dewey.matches(pattern, name) is expected

    def test_the_best_is_the_newest(self) -> None:
        assert dewey.best("bash", ["bash-5.2.26", "bash-5.2.37", "bashful-9"]) == "bash-5.2.37"
        assert dewey.best("bash-5.2.26", ["bash-5.2.26", "bash-5.2.37"]) == "bash-5.2.26"
        assert dewey.best("zsh", ["bash-5.2.26"]) is None


class TestHypervisor:
    def test_only_the_version_and_the_mark_differ(self) -> None:
        original = hypervisor.stand_in()
        patched = hypervisor.with_version(original, (4, 20), "xenkernel420")
        differing = [number for number, (one, other) in enumerate(zip(original, patched, strict=True)) if one != other]
        banner = original.index(b"gcc")
        assert [original[at] for at in differing if at < banner] == [17]
        assert patched[differing[0]] == 20

    def test_before_4_9_there_is_no_multiboot2(self) -> None:
        old = hypervisor.with_version(hypervisor.stand_in(), (3, 1), "a")
        assert hypervisor.MULTIBOOT2 not in old
        assert hypervisor.MULTIBOOT1 in old
        assert hypervisor.MULTIBOOT2 in hypervisor.with_version(hypervisor.stand_in(), (4, 11), "a")

    def test_every_name_gives_another_file(self) -> None:
        files = {hypervisor.with_version(hypervisor.stand_in(), (4, 18), name) for name in ("xen.gz", "xen-debug.gz")}
        assert len(files) == 2

    def test_another_hypervisor_is_refused(self) -> None:
        with pytest.raises(LookupError, match="version functions"):
            hypervisor.with_version(hypervisor.stand_in().replace(b"4.17.0", b"4.16.0"), (4, 20), "a")

    def test_debian_s_own(self) -> None:
        base = sorted(Path(__file__).resolve().parents[3].glob(".cache/lab/base-*/rootfs"))
        data = hypervisor.find(base[-1]) if base else None
        if data is None:
            pytest.skip("the lab has not been built")
        patched = hypervisor.with_version(data, (4, 20), "xenkernel420")
        assert len(patched) == len(data)
        assert sum(one != other for one, other in zip(data, patched, strict=True)) < 60


class TestRelease:
    def test_a_kernel_says_what_it_is(self) -> None:
        gzipped = Gzipped(Images(b"\x7fELF host", b"\x7fELF guest"))
        dom0, domu = gzipped.kernel("10.1", "XEN3_DOM0"), gzipped.kernel("10.1", "XEN3_DOMU")
        assert gzip.decompress(dom0) == b"\x7fELF host" + identity("10.1", "XEN3_DOM0")
        assert gzip.decompress(domu) == b"\x7fELF guest" + identity("10.1", "XEN3_DOMU")
        # libxc takes the size of the whole from the last four bytes
        assert int.from_bytes(domu[-4:], "little") == len(gzip.decompress(domu))

    def test_the_set_overwrites_the_native_kernel(self, assembled: Path) -> None:
        (file,) = assembled.glob("srv/netbsd/NetBSD-10.1/amd64/binary/sets/kern-XEN3_DOM0.tar.xz")
        with tarfile.open(file) as tar:
            assert tar.getnames() == ["./netbsd"]

    def test_checksums(self, assembled: Path) -> None:
        kernels = assembled / "srv/netbsd/NetBSD-10.1/amd64/binary/kernel"
        text = (kernels / "SHA512").read_text()
        assert text.count("SHA512 (netbsd-") == 4
        assert not list(assembled.glob("srv/netbsd/NetBSD-5.2/*/binary/kernel/netbsd-GENERIC.gz"))


class TestPackage:
    def test_metadata_come_first_and_files_in_the_order_of_the_list(self, tmp_path: Path) -> None:
        tools = xen_packages.xentools(xen_packages.XENS["420"])
        with tarfile.open(package.pack(tools, tmp_path)) as tar:
            members = tar.getnames()
        assert members[0] == "+CONTENTS"
        assert members[members.index("bin/xen-cpuid") :] == list(tools.files)

    def test_the_same_each_time(self, tmp_path: Path) -> None:
        tools = xen_packages.xentools(xen_packages.XENS["418"])
        first = package.pack(tools, tmp_path).read_bytes()
        assert package.pack(tools, tmp_path).read_bytes() == first

    @pytest.mark.parametrize("suffix", list(xen_packages.XENS))
    def test_rc_scripts_and_configuration(self, suffix: str) -> None:
        tools = xen_packages.xentools(xen_packages.XENS[suffix])
        for name in plists.of(plists.RC_SCRIPTS, suffix):
            text = tools.files[f"share/examples/rc.d/{name}"]
            assert isinstance(text, bytes)
            assert b"# PROVIDE: " in text
            assert b"@PREFIX@" not in text and b"@PKG_SYSCONFDIR@" not in text
        for line in tools.managed:
            if not line.startswith("dir"):
                assert line.split()[1] in tools.files

    @pytest.mark.parametrize(
        ("suffix", "script", "line"),
        [
            ("420", "xencommons", "rcvar=$name"),
            ("41", "xencommons", 'rcvar="xend"'),
            ("420", "xen-watchdog", 'name="xenwatchdog"'),
            ("33", "xendomains", 'ctl_command="/usr/pkg/sbin/xm"'),
            ("33", "xendomains", "# REQUIRE: xenbackendd"),
            ("41", "xendomains", "# REQUIRE: xend"),
            ("420", "xendomains", "# KEYWORD: shutdown"),
            ("3", "xend", "# REQUIRE: DAEMON"),
            ("42", "xend", "# REQUIRE: xencommons"),
        ],
    )
    def test_what_the_facts_say_of_rc_scripts(self, suffix: str, script: str, line: str) -> None:
        text = xen_packages.xentools(xen_packages.XENS[suffix]).files[f"share/examples/rc.d/{script}"]
        assert isinstance(text, bytes)
        assert line in text.decode().splitlines()

    def test_xendomains_has_no_variable_of_its_own(self) -> None:
        for suffix in xen_packages.XENS:
            text = xen_packages.xentools(xen_packages.XENS[suffix]).files["share/examples/rc.d/xendomains"]
            assert isinstance(text, bytes)
            assert b"\nrcvar" not in text

    def test_3_1_and_3_3_have_the_same_hypervisor_path(self) -> None:
        one, other = (xen_packages.xenkernel(xen_packages.XENS[each], hypervisor.stand_in()) for each in ("3", "33"))
        assert list(one.files) == list(other.files)

    def test_each_era_has_what_was_built_for_it(self) -> None:
        kernels = {
            era.release: [
                each.name for each in catalogue.packages(era, hypervisor.stand_in()) if "xenkernel" in each.name
            ]
            for era in catalogue.ERAS
        }
        assert kernels["10.1"] == ["xenkernel413", "xenkernel415", "xenkernel418", "xenkernel420"]
        assert kernels["5.2"] == ["xenkernel3", "xenkernel33", "xenkernel41", "xenkernel42"]


class TestPkgAdd:
    def test_dependencies_come_too_and_are_automatic(self, root: Path, repository: Path) -> None:
        assert pkg_add(root, f"/{repository.relative_to(root)}/gtk2+-2.24.33nb12.tgz") == 1
        os.environ["PKG_PATH"] = f"/{repository.relative_to(root)}"
        try:
            assert pkg_add(root, "gtk2+") == 0
        finally:
            del os.environ["PKG_PATH"]
        database = Database(root)
        assert database.automatic("glib2-2.80.5") and not database.automatic("gtk2+-2.24.33nb12")
        assert database.required_by("glib2-2.80.5") == ["gtk2+-2.24.33nb12"]

    def test_two_tools_have_the_same_files(
        self, root: Path, repository: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert pkgin(root, "install", "xentools418") == 0
        assert pkg_add(root, f"/{repository.relative_to(root)}/{XEN420}.tgz") == 1
        errors = capfd.readouterr().err.splitlines()
        assert errors == [
            f"pkg_add: Conflicting PLIST with {XEN418}: bin/xen-cpuid",
            "pkg_add: 1 package addition failed",
        ]

    def test_another_version_is_refused_without_u(
        self, root: Path, repository: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        where = f"/{repository.relative_to(root)}"
        assert pkg_add(root, f"{where}/bash-5.2.26.tgz") == 0
        assert pkg_add(root, f"{where}/bash-5.2.37.tgz") == 1
        assert "A different version of bash-5.2.37 is already installed: bash-5.2.26" in capfd.readouterr().err
        assert pkg_add(root, "-u", f"{where}/bash-5.2.37.tgz") == 0
        assert "bash-5.2.37" in names(root) and "bash-5.2.26" not in names(root)

    def test_a_declared_conflict(self, root: Path, repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
        where = f"/{repository.relative_to(root)}"
        assert pkg_add(root, f"{where}/bridge-utils-compat-1.0nb1.tgz") == 0
        assert pkg_add(root, f"{where}/bridge-utils-other-2.0.tgz") == 1
        assert "conflicts with `bridge-utils-compat-[0-9]*'" in capfd.readouterr().err

    def test_nothing_of_that_name(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        assert pkg_add(root, "nosuch") == 1
        assert "pkg_add: no pkg found for 'nosuch', sorry." in capfd.readouterr().err

    def test_usage(self, capfd: pytest.CaptureFixture[str]) -> None:
        assert install.main(["-Z"]) == 1
        assert capfd.readouterr().err.startswith("pkg_add: unknown option -- Z\nusage: pkg_add ")


class TestConfigurationFiles:
    def test_rc_scripts_only_when_asked_for(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert pkgin(root, "install", "xentools420") == 0
        assert not (root / "etc/rc.d/xencommons").exists()
        assert (root / "usr/pkg/etc/xen/xl.conf").is_file()
        assert pkgin(root, "remove", "xentools420") == 0
        monkeypatch.setenv("PKG_RCD_SCRIPTS", "YES")
        assert pkgin(root, "install", "xentools420") == 0
        assert os.access(root / "etc/rc.d/xencommons", os.X_OK)

    def test_what_was_changed_stays(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        pkgin(root, "install", "xentools420")
        conf = root / "usr/pkg/etc/xen/xl.conf"
        conf.write_text('vif.default.bridge="bridge0"\n')
        assert pkgin(root, "remove", "xentools420") == 0
        assert conf.read_text() == 'vif.default.bridge="bridge0"\n'
        assert not (root / "usr/pkg/etc/xen/oxenstored.conf").exists()
        assert "\t/usr/pkg/etc/xen/xl.conf\n" in capfd.readouterr().out
        pkgin(root, "install", "xentools418")
        assert conf.read_text() == 'vif.default.bridge="bridge0"\n'

    def test_old_rc_scripts_are_not_refreshed(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (root / "etc/rc.d").mkdir(exist_ok=True)
        (root / "etc/rc.d/xencommons").write_text("# old\n")
        monkeypatch.setenv("PKG_RCD_SCRIPTS", "YES")
        pkgin(root, "install", "xentools420")
        assert (root / "etc/rc.d/xencommons").read_text() == "# old\n"


class TestPkgDelete:
    def delete(self, root: Path, *arguments: str) -> int:
        return remove.main(["-P", str(root), *arguments])

    def test_needed_by_others(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        pkgin(root, "install", "gtk2+")
        capfd.readouterr()
        assert self.delete(root, "glib2") == 1
        expected = "Package `glib2-2.80.5' is still required by other packages:\n\tgtk2+-2.24.33nb12\n"
        assert capfd.readouterr().err == expected
        assert self.delete(root, "-r", "glib2") == 0
        assert names(root) == ["pkgin-26.4.0", "python311-3.11.11"]

    def test_files_and_empty_directories_go(self, root: Path) -> None:
        pkgin(root, "install", "ovmf")
        assert (root / "usr/pkg/share/ovmf").is_dir()
        assert self.delete(root, "ovmf") == 0
        assert not (root / "usr/pkg/share/ovmf").exists()

    def test_changed_files_stay(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        pkgin(root, "install", "ovmf")
        file = root / "usr/pkg/share/ovmf/OVMFX64.fd"
        file.unlink()
        file.write_bytes(b"mine")
        assert self.delete(root, "ovmf") == 0
        assert "fails original MD5 checksum - not deleted." in capfd.readouterr().err
        assert file.read_bytes() == b"mine"

    def test_not_there(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        assert self.delete(root, "nosuch") == 1
        assert capfd.readouterr().err == "pkg_delete: No matching package for basename `nosuch' of `nosuch'\n"


class TestPkgin:
    def test_install_and_once_more(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        assert pkgin(root, "install", "xenkernel420", "xentools420") == 0
        first = capfd.readouterr().out
        assert "\n4 packages to install:\n  glib2-2.80.5 xenkernel420-20260317 " in first
        assert "[4/4] installing xentools420-20260317..." in first
        assert "pkg_install warnings: 0, errors: 0" in first
        assert pkgin(root, "install", "xenkernel420", "xentools420") == 0
        assert capfd.readouterr().out.endswith("calculating dependencies...done.\nnothing to do.\n")

    def test_the_other_tools_fail_in_pkg_add(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        pkgin(root, "install", "xentools418")
        assert pkgin(root, "install", "xenkernel420", "xentools420") == 1
        assert "pkg_install warnings: 0, errors: 1\npkg_install error log can be found in " in capfd.readouterr().out
        log = (root / "var/db/pkgin/pkg_install-err.log").read_text()
        assert f"pkg_add: Conflicting PLIST with {XEN418}: bin/xen-cpuid\n" in log
        assert "xenkernel420-20260317" in names(root) and XEN418 in names(root)

    def test_no_changes_with_n(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        before = names(root)
        assert pkgin(root, "install", "bash", options="-n") == 0
        assert "1 package to install:\nbash-5.2.37\n" in capfd.readouterr().out
        assert names(root) == before

    def test_an_unknown_package(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        assert pkgin(root, "install", "nosuch", "bash") == 1
        assert "nosuch is not available in the repository" in capfd.readouterr().err
        assert "bash-5.2.37" in names(root)

    def test_search_takes_a_regular_expression(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        pkgin(root, "install", "bash-5.2.26")
        capfd.readouterr()
        assert pkgin(root, "search", "^gtk2+$", options="-p") == 1
        assert capfd.readouterr().out == "No results found for ^gtk2+$\n"
        assert pkgin(root, "search", "^VIM", options="-p") == 0
        lines = capfd.readouterr().out.splitlines()
        assert [line.split(";")[0] for line in lines[:2]] == ["Vim-like-0.1", "vim-9.1.1000"]
        assert lines[3].startswith("=: package is installed")
        pkgin(root, "search", "^bash$", options="-p")
        found = capfd.readouterr().out.splitlines()
        assert found[0].startswith("bash-5.2.37;<;") and found[1].startswith("bash-5.2.26;=;")

    def test_what_changed_behind_its_back_is_read_again(
        self, root: Path, repository: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        pkgin(root, "list")
        pkg_add(root, f"/{repository.relative_to(root)}/bash-5.2.26.tgz")
        capfd.readouterr()
        assert pkgin(root, "list", options="-p") == 0
        out = capfd.readouterr().out
        assert out.startswith("reading local summary...\nprocessing local summary...\nbash-5.2.26;")
        pkgin(root, "list", options="-p")
        assert capfd.readouterr().out.startswith("bash-5.2.26;")

    def test_upgrade(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        pkgin(root, "install", "bash-5.2.26")
        assert pkgin(root, "upgrade") == 0
        assert "[1/1] upgrading bash-5.2.37..." in capfd.readouterr().out
        assert "bash-5.2.37" in names(root)

    def test_remove_takes_dependants_along(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        pkgin(root, "install", "gtk2+")
        assert pkgin(root, "remove", "glib2", "nosuch") == 1
        assert "no such installed package nosuch\n" in capfd.readouterr().out
        assert names(root) == ["pkgin-26.4.0", "python311-3.11.11"]

    def test_autoremove_is_not_answered_by_y(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        pkgin(root, "install", "gtk2+")
        remove.main(["-P", str(root), "gtk2+"])
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
        assert pkgin(root, "autoremove") == 0
        assert "glib2-2.80.5" in names(root)
        assert "1 packages to be autoremoved:\n  glib2-2.80.5\n" in capfd.readouterr().out

    def test_no_repository(self, root: Path) -> None:
        (root / "usr/pkg/etc/pkgin/repositories.conf").write_text("# none\n")
        with pytest.raises(Problem, match="has no repositories or does not exist"):
            pkgin(root, "update")

    def test_a_repository_that_is_not_there(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PKG_REPOS", "file:///nowhere/$arch")
        with pytest.raises(Problem, match="Could not fetch file:///nowhere/x86_64/pkg_summary.gz"):
            pkgin(root, "update")

    def test_another_repository_is_noticed(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        pkgin(root, "update")
        monkeypatch.setenv("PKG_REPOS", "file:///srv/pkgsrc/packages/NetBSD/$arch/5.2/All")
        capfd.readouterr()
        assert pkgin(root, "avail", options="-p") == 0
        lines = capfd.readouterr().out.splitlines()
        assert lines[0] == "cleaning database from file:///srv/pkgsrc/packages/NetBSD/x86_64/10.1/All entries..."
        assert any(line.startswith("xenkernel3-3.1.4nb7;") for line in lines)

    def test_a_command_without_its_word(self, root: Path) -> None:
        with pytest.raises(Problem, match="specify at least one package to install"):
            pkgin(root, "install")
