# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Config files on disk: found, read, and written so that no failure leaves half of one."""

from __future__ import annotations

import errno
import os
import re
import stat

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConfigSyntaxError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile

OLD = 'name = "web"\nmemory = 512\n'
NEW = 'name = "web"\nmemory = 1024\n'
SECRET = NEW + 'vncpasswd = "x"\n'


def mode_of(path):
    return stat.S_IMODE(os.stat(str(path)).st_mode)


@pytest.fixture
def existing(tmp_path):
    path = tmp_path / "web.cfg"
    path.write_text(OLD)
    path.chmod(0o644)
    return path


class TestLocate:
    @pytest.mark.parametrize(
        "suffix, there, expected",
        [
            ("", [], "web"),
            ("", ["web"], "web"),
            ("", ["web.cfg"], "web.cfg"),
            (".cfg", [], "web.cfg"),
            (".cfg", ["web"], "web"),
            (".cfg", ["web.cfg", "web2"], "web.cfg"),
        ],
    )
    def test_found(self, tmp_path, suffix, there, expected):
        for name in there:
            (tmp_path / name).write_text(OLD)
        assert _configfile.locate("web", str(tmp_path), suffix) == str(tmp_path / expected)

    def test_both(self, tmp_path):
        for name in ("web", "web.cfg"):
            (tmp_path / name).write_text(OLD)
        with pytest.raises(XenError, match="option `config`"):
            _configfile.locate("web", str(tmp_path), "")

    def test_a_directory_is_no_config(self, tmp_path):
        (tmp_path / "web").mkdir()
        assert _configfile.locate("web", str(tmp_path), ".cfg") == str(tmp_path / "web.cfg")


class TestRead:
    def test_file(self, existing):
        found = _configfile.read(str(existing))
        assert (found.exists, found.text, found.value("memory"), found.value("vcpus")) == (True, OLD, "512", None)

    def test_no_file(self, tmp_path):
        found = _configfile.read(str(tmp_path / "web"))
        assert (found.exists, found.text, found.value("memory")) == (False, None, None)

    def test_bytes_survive(self, existing):
        existing.write_bytes(b"# \xff\n" + OLD.encode())
        _configfile.write(str(existing), _configfile.read(str(existing)).text)
        assert existing.read_bytes() == b"# \xff\n" + OLD.encode()

    def test_syntax(self, existing):
        existing.write_text("memory = 512\nvcpus = = 1\n")
        with pytest.raises(ConfigSyntaxError) as caught:
            _configfile.read(str(existing))
        assert (caught.value.details["path"], caught.value.details["line"]) == (str(existing), 2)

    def test_too_large(self, existing):
        existing.write_text("#" * 1024 + "\n" * 1024 * 1024)
        with pytest.raises(XenError, match="larger than"):
            _configfile.read(str(existing))

    def test_directory(self, tmp_path):
        with pytest.raises(XenError, match=re.escape(str(tmp_path))):
            _configfile.read(str(tmp_path))

    def test_named_pipe(self, tmp_path):
        """Nobody writes to it, and nobody waits for that."""
        os.mkfifo(str(tmp_path / "pipe"))
        with pytest.raises(XenError, match="not a regular file"):
            _configfile.read(str(tmp_path / "pipe"))


def test_all_in(tmp_path):
    (tmp_path / "web.cfg").write_text(OLD)
    (tmp_path / "db").write_text('name = "db"\n')
    (tmp_path / "xl.conf").write_text('autoballoon="auto"\n')
    (tmp_path / "broken").write_text("name = \n")
    (tmp_path / "listed").write_text('name = [ "x" ]\n')
    (tmp_path / "auto").mkdir()
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    found = _configfile.all_in(str(tmp_path))
    assert {path: config.value("name") for path, config in found.items()} == {
        str(tmp_path / "web.cfg"): "web",
        str(tmp_path / "db"): "db",
    }
    assert _configfile.all_in(str(tmp_path / "nowhere")) == {}


class TestWrite:
    def test_new(self, tmp_path):
        assert _configfile.write(str(tmp_path / "web"), NEW) is None
        assert (tmp_path / "web").read_text() == NEW
        assert mode_of(tmp_path / "web") == 0o640

    @pytest.mark.parametrize(
        "before, text, after",
        [
            (0o644, NEW, 0o644),
            (0o600, NEW, 0o600),
            (0o640, SECRET, 0o600),
            (0o644, SECRET, 0o600),
            (0o400, SECRET, 0o400),
            (None, SECRET, 0o600),
            (None, 'vfb = [ "vncpasswd=x" ]\n', 0o600),
        ],
    )
    def test_mode(self, tmp_path, before, text, after):
        path = tmp_path / "web"
        if before is not None:
            path.write_text(OLD)
            path.chmod(before)
        _configfile.write(str(path), text)
        assert mode_of(path) == after

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
    def test_owner(self, existing):
        os.chown(str(existing), 1234, 4321)
        _configfile.write(str(existing), NEW)
        found = existing.stat()
        assert (found.st_uid, found.st_gid) == (1234, 4321)

    def test_symbolic_link(self, tmp_path, existing):
        link = tmp_path / "links" / "web"
        link.parent.mkdir()
        link.symlink_to(os.path.join("..", "web.cfg"))
        _configfile.write(str(link), NEW)
        assert link.is_symlink()
        assert existing.read_text() == NEW
        assert os.listdir(str(link.parent)) == ["web"]
        assert sorted(os.listdir(str(tmp_path))) == ["links", "web.cfg"]

    def test_no_directory(self, tmp_path):
        with pytest.raises(BadValue, match="does not exist"):
            _configfile.write(str(tmp_path / "none" / "web"), NEW)

    def test_backup(self, tmp_path, existing):
        existing.write_text(OLD + 'vncpasswd = "x"\n')
        existing.chmod(0o600)
        kept = _configfile.write(str(existing), NEW, backup=True)
        assert existing.read_text() == NEW
        with open(kept) as stream:
            assert stream.read() == OLD + 'vncpasswd = "x"\n'
        assert mode_of(kept) == 0o600
        assert os.path.dirname(kept) == str(tmp_path)
        # neither of the names that a domain could be found by
        assert kept.endswith("~")

    def test_backup_is_never_open_to_others(self, existing, monkeypatch):
        existing.chmod(0o600)
        seen = []
        real = _atomicfile.shutil.copyfileobj

        def copy(source, target, *rest):
            seen.append(stat.S_IMODE(os.fstat(target.fileno()).st_mode))
            return real(source, target, *rest)

        monkeypatch.setattr(_atomicfile.shutil, "copyfileobj", copy)
        _configfile.write(str(existing), NEW, backup=True)
        assert seen == [0o600]

    @pytest.mark.parametrize("old, new", [(SECRET, NEW), (SECRET, SECRET + "vcpus = 1\n")])
    def test_backup_of_a_secret_is_closed_to_others(self, existing, old, new):
        """Also when it had been open."""
        existing.write_text(old)
        kept = _configfile.write(str(existing), new, backup=True)
        assert mode_of(kept) == 0o600
        assert mode_of(existing) == (0o600 if new != NEW else 0o644)

    def test_backup_of_nothing(self, tmp_path):
        assert _configfile.write(str(tmp_path / "web"), NEW, backup=True) is None

    @pytest.mark.parametrize("call", ["fdopen", "fchmod", "fchown", "fsync", "rename"])
    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EPERM])
    def test_a_failing_call_changes_nothing(self, tmp_path, existing, monkeypatch, call, number):
        def fail(*args, **options):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(_configfile.os, call, fail)
        with pytest.raises(OSError):
            _configfile.write(str(existing), NEW)
        monkeypatch.undo()
        assert existing.read_text() == OLD
        assert os.listdir(str(tmp_path)) == ["web.cfg"]
        assert mode_of(existing) == 0o644

    def test_disk_full_while_writing(self, tmp_path, existing, monkeypatch):
        real = os.fdopen

        class Full:
            """A file on a disk that fills up after some bytes."""

            def __init__(self, handle, mode):
                self.stream = real(handle, mode)

            def __enter__(self):
                return self

            def __exit__(self, *caught):
                self.stream.close()

            def write(self, data):
                self.stream.write(data[:10])
                self.stream.flush()
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(_configfile.os, "fdopen", Full)
        with pytest.raises(OSError, match="No space left"):
            _configfile.write(str(existing), NEW)
        monkeypatch.undo()
        assert existing.read_text() == OLD
        assert os.listdir(str(tmp_path)) == ["web.cfg"]

    def test_interrupted(self, tmp_path, existing, monkeypatch):
        def interrupt(handle):
            raise KeyboardInterrupt

        monkeypatch.setattr(_configfile.os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            _configfile.write(str(existing), NEW)
        assert existing.read_text() == OLD
        assert os.listdir(str(tmp_path)) == ["web.cfg"]

    def test_complete_before_it_takes_the_place(self, existing, monkeypatch):
        """Content, mode and sync come before the rename; then the directory is synced, too."""
        calls = []
        for name in ("fchmod", "fsync", "rename"):
            monkeypatch.setattr(_configfile.os, name, self.recorder(name, getattr(os, name), calls))
        _configfile.write(str(existing), NEW)
        assert [name for name, _path in calls] == ["fchmod", "fsync", "rename", "fsync"]
        assert all(os.path.dirname(source) == str(existing.parent) for name, source in calls if name == "rename")

    @staticmethod
    def recorder(name, real, calls):
        def call(*args):
            calls.append((name, args[0]))
            return real(*args)

        return call


class TestEdited:
    def test_new_file_gets_a_header(self):
        empty = _configfile.ConfigFile("/x", None)
        text = _configfile.edited(empty, [("name", "web"), ("memory", 512), ("extra", None)], "Made for a test.")
        assert text.startswith("# Made for a test.\n")
        assert text.endswith('name = "web"\nmemory = 512\n')

    def test_the_original_stays_as_it_was(self, existing):
        found = _configfile.read(str(existing))
        assert _configfile.edited(found, [("memory", 1024), ("vcpus", None)], "") == NEW
        assert found.text == OLD
