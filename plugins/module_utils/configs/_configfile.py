# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The config file of a domain on disk: found, read, edited in memory, written atomically."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._secrets import SECRET_KEYS
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg

if TYPE_CHECKING:
    from ansible_collections.netbsd.xen.plugins.module_utils.configs import _xm_config

# 0640 for what we create: the file names disks and MACs, nobody else's business. 0600 once it holds a secret.
NEW_MODE = 0o640
SECRET_MODE = 0o600
ANY_MODE = 0o7777
# Not guests: hidden files, backups of editors and ours, and the samples that Xen installs among the real ones.
_NO_GUEST = re.compile(r"^\.|~$|^x[lm]example")
# A config file of more than this is something else (xl would take minutes over it too).
_SIZE_LIMIT = 1024 * 1024


class ConfigFile(NamedTuple):
    """A config file as it is.

    :param document: None when there is no file.
    :param syntax: of the toolstack that reads it, see ``_toolstack``: that of a new file, too.
    """

    path: str
    document: _xlcfg.Document | _xm_config.Document | None
    syntax: str = "xl"

    @property
    def exists(self) -> bool:
        return self.document is not None

    @property
    def text(self) -> str | None:
        return None if self.document is None else self.document.render()

    def value(self, key: str) -> _xlcfg.Value | None:
        """What the file says of a key; None when it says nothing."""
        return None if self.document is None else self.document.get(key)


def locate(name: str, config_dir: str, suffix: str) -> str:
    """Path of the config file of a domain: the existing one, else where a new one goes.

    Both spellings in use are looked for, ``NAME`` (what NetBSD's xendomains starts) and ``NAME.cfg``.

    :raises XenError: both exist, and there is no telling which one is meant.
    """
    preferred = os.path.join(config_dir, name + suffix)
    other = os.path.join(config_dir, name + ("" if suffix else ".cfg"))
    found = [path for path in (preferred, other) if os.path.isfile(path)]
    if len(found) > 1:
        raise XenError(
            f"Both {found[0]} and {found[1]} exist. Say which one is meant with the option `config`.",
            error_id="ambiguous_config",
        )
    return found[0] if found else preferred


def parse(text: str, path: str, syntax: str = "xl") -> ConfigFile:
    """A config file of this text.

    :raises ConfigSyntaxError: the toolstack could not read it; with line and column.
    """
    return ConfigFile(path, _grammar(syntax).parse(text, path), syntax)


def _grammar(syntax: str) -> Any:
    """The module that reads and writes a syntax."""
    if syntax == "xl":
        return _xlcfg
    # not loaded where nothing is in Python: see _toolstack
    from ansible_collections.netbsd.xen.plugins.module_utils.configs import _xm_config

    return _xm_config


def read(path: str, syntax: str = "xl") -> ConfigFile:
    """Parse the file at ``path``.

    :raises ConfigSyntaxError: the file is not in the toolstack's grammar, with line and column.
    :raises XenError: the path is no regular file, or cannot be read.
    """
    text = text_of(path)
    return ConfigFile(path, None, syntax) if text is None else parse(text, path, syntax)


def text_of(path: str) -> str | None:
    """The text of the file at ``path``, None when there is none.

    :raises XenError: the path is no regular file, or cannot be read.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise XenError(f"{path} is not a regular file.")
            data = stream.read(_SIZE_LIMIT + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise XenError(f"Cannot read {path}: {error.strerror}.") from error
    if len(data) > _SIZE_LIMIT:
        raise XenError(f"{path} is larger than {_SIZE_LIMIT} bytes: this is no config file of a domain.")
    return _xlcfg.read_text(data)


def _open_without_waiting(path: str, flags: int) -> int:
    """A named pipe would else keep us until somebody writes to it."""
    return os.open(path, flags | os.O_NONBLOCK)


def edited(config: ConfigFile, changes: list[tuple[str, Any]], header: str) -> str:
    """The text after ``changes`` (key, value in file form; None removes the key). Nothing is written.

    A file that exists keeps every byte that the changes do not touch; a new one gets ``header`` as its first lines.
    """
    if config.document is None:
        items = [(key, value) for key, value in changes if value is not None]
        return str(_grammar(config.syntax).new_document(items, header))
    # edit a copy: the plan needs the document as it is, too
    document = parse(config.document.render(), config.path, config.syntax).document
    if document is None:
        raise AssertionError("unreachable")
    for key, value in changes:
        if value is None:
            document.remove(key)
        else:
            document.set(key, value)
    return document.render()


def may_be_guest(file_name: str) -> bool:
    """Whether a file of this name can be the config of a domain: not hidden, no backup, none of Xen's samples."""
    return not _NO_GUEST.search(file_name)


def candidates(directory: str) -> list[str]:
    """The files of a directory that may be configs of domains."""
    try:
        return sorted(entry.path for entry in os.scandir(directory) if entry.is_file() and may_be_guest(entry.name))
    except OSError:
        return []


def all_in(directory: str, syntax: str = "xl") -> dict[str, ConfigFile]:
    """Every file of a directory that reads as a domain's config (it has a name), by path.

    Other files that lie there, as xl.conf and broken configs do, are passed over: they are nobody's identity.
    """
    configs: dict[str, ConfigFile] = {}
    for path in candidates(directory):
        try:
            config = read(path, syntax)
            named = isinstance(config.value("name"), str)
        except XenError:
            continue
        if named:
            configs[path] = config
    return configs


def write(path: str, text: str, backup: bool = False) -> str | None:
    """Write the file atomically and return the path of the backup, if one was asked for.

    A file with a secret in it, the backup too, is readable for its owner only, whatever its mode was.
    """
    # not loaded where nothing is written: see _toolstack
    from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile

    directory = os.path.dirname(path)
    if not os.path.isdir(directory):
        raise BadValue("config", path, f"the directory {directory} does not exist; install the Xen tools or create it.")
    kept_mask = mask_of(text_of(path) or "") if backup else ANY_MODE
    data = _xlcfg.to_bytes(text)
    return _atomicfile.replace(path, data, backup=backup, new_mode=NEW_MODE, mask=mask_of(text), kept_mask=kept_mask)


def mask_of(text: str) -> int:
    """The bits that the mode of a file with this text may have."""
    return SECRET_MODE if any(key in text for key in SECRET_KEYS) else ANY_MODE


def default_directory(given: str | None) -> str:
    """The directory of config files: the task's, else the system's."""
    return given or _host.layout().config_dir
