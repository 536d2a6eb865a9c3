# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Where a disk's content comes from: a template on this host, or on a server, looked at before anything is made."""

from __future__ import annotations

import os
import urllib.parse
from typing import Any, Callable, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConflictError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_plan
from ansible_collections.netbsd.xen.plugins.module_utils.disk._disk_use import User
from ansible_collections.netbsd.xen.plugins.module_utils.fetch import _checksum, _remote
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _disk_size, _image_copy, _image_stream


def source_of(params: dict[str, Any], open_url: Callable[..., Any]) -> _disk_plan.Source:
    """The template that the task names.

    :param params: ``source``, ``checksum`` and how to reach servers.
    :param open_url: of ansible.module_utils.urls.
    :raises XenError: it is not there, of a format that is no disk to xl, or has another checksum. The checksum of what
        is on a server is known only when all of it has come.
    """
    access = {
        "timeout": params["timeout"],
        "validate_certs": params["validate_certs"],
        "url_username": params["url_username"],
        "url_password": params["url_password"],
    }
    server = _remote.Remote("", open_url, params["retries"], access)
    place = _place("source", params["source"])
    if place.startswith("/"):
        return _on_host(place, params["checksum"], server)
    return _on_server(server.at(place), params["checksum"])


def require_unused(source: _disk_plan.Source, users: Sequence[User]) -> None:
    """:raises ConflictError: somebody writes to it, and what is copied meanwhile would be torn."""
    for user in users:
        if user.running and user.access == "w":
            raise ConflictError(
                f"{source.path} is a disk of {user.where}, which writes to it. Stop that first; a guest with its disks "
                "is copied by xen_clone.",
                error_id="source_in_use",
            )


def _place(option: str, given: str) -> str:
    """A path, or the URL of a server.

    :raises BadValue: neither.
    """
    parts = urllib.parse.urlsplit(given)
    if "://" not in given and parts.scheme != "file":
        path = os.path.expanduser(os.path.expandvars(given))
        if not path.startswith("/"):
            raise BadValue(option, given, "give a whole path, beginning with /, or a URL.")
        return path
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return urllib.parse.unquote(parts.path)
    if parts.scheme not in _remote.SCHEMES or not parts.hostname:
        raise BadValue(option, given, "no URL that can be fetched; http, https and file can be.")
    return given


def _fetcher(server: _remote.Remote) -> Callable[[str], str]:
    """What gives the text of a file of checksums."""

    def fetch(given: str) -> str:
        place = _place("checksum", given)
        return _checksum.read_file(place) if place.startswith("/") else server.at(place).text()

    return fetch


def _on_host(path: str, checksum: str | None, server: _remote.Remote) -> _disk_plan.Source:
    if not os.path.isfile(path):
        raise BadValue("source", path, "no such file on the managed host.", error_id="source_missing")
    try:
        with open(path, "rb") as stream:
            head = stream.read(_image_stream.HEAD)
    except OSError as error:
        raise XenError(f"source: cannot read {path}: {error.strerror}.", error_id="source_missing") from error
    if checksum:
        expected = _checksum.digest_of(checksum, os.path.basename(path), _fetcher(server))
        _checksum.require(path, expected, _image_copy.checksum(path, expected.algorithm))
    status = os.stat(path)
    compression = _image_stream.compression(head, path)
    size = None if compression else _whole_sectors(path, status.st_size)
    return _disk_plan.Source(path, size, status.st_blocks * 512, compression, _image_stream.claimed_size(head))


def _on_server(remote: _remote.Remote, checksum: str | None) -> _disk_plan.Source:
    """The server is asked twice, now for the beginning and later for all: check mode tells what it would say, and a
    file system that is too small is told before a long way.
    """
    expected = _checksum.digest_of(checksum, remote.name, _fetcher(remote)) if checksum else None
    seen = remote.look()
    compression = _image_stream.compression(seen.head, remote.shown)
    size = None if compression or seen.length is None else _whole_sectors(remote.shown, seen.length)
    least = _image_stream.claimed_size(seen.head)
    return _disk_plan.Source(remote.shown, size, seen.length or 0, compression, least, remote, expected)


def _whole_sectors(name: str, size: int) -> int:
    """:raises BadValue: nothing, or no whole number of sectors."""
    if size == 0 or size % _disk_size.SECTOR:
        raise BadValue("source", name, f"not a whole number of sectors of {_disk_size.SECTOR} bytes: no disk image.")
    return size
