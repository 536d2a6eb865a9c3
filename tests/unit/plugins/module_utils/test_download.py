# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetching from a real server in a thread, which fails in the ways that servers do."""

from __future__ import annotations

import hashlib
import http.server
import os
import socket
import threading

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.fetch import _checksum, _download, _remote

CONTENT = os.urandom(3 * 1024 * 1024 + 17)
SUM = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """``answers`` says how each request is answered: a status, or how many bytes come before the line is cut."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[int | str] = []
        self.requests = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests += 1
        answer = self.server.answers.pop(0) if self.server.answers else 200
        if isinstance(answer, int) and answer != 200:
            self.send_error(answer)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if answer == 200 else CONTENT[:1000])

    def log_message(self, *_arguments: object) -> None:
        """Said to nobody."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(_remote, "_PAUSE_SECONDS", 0)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def shown(cache) -> list[str]:
    return sorted(name for name in os.listdir(cache) if not name.endswith(".lock")) if cache.exists() else []


def test_fetched_once(server, cache):
    for _turn in range(2):
        path = _download.local_file("source", f"{server.url}/a/root%20.tar.xz?x=1", SUM, str(cache))
        with open(path, "rb") as stream:
            assert stream.read() == CONTENT
    assert server.requests == 1
    assert shown(cache) == [f"{SUM[7:23]}-root_20.tar.xz"]


def test_a_file_in_the_cache_that_was_damaged_is_fetched_again(server, cache):
    path = _download.local_file("source", f"{server.url}/root.tar", SUM, str(cache))
    with open(path, "wb") as stream:
        stream.write(b"other")
    _download.local_file("source", f"{server.url}/root.tar", SUM, str(cache))
    assert (server.requests, os.path.getsize(path)) == (2, len(CONTENT))


def test_a_network_that_comes_back(server, cache):
    server.answers = [503, "cut", 200]
    path = _download.local_file("source", f"{server.url}/root.tar", SUM, str(cache))
    assert (server.requests, os.path.getsize(path)) == (3, len(CONTENT))


def test_what_is_not_there_is_asked_for_once(server, cache):
    server.answers = [404]
    with pytest.raises(XenError, match=r"cannot be had: Not Found") as caught:
        _download.local_file("source", f"{server.url}/root.tar", SUM, str(cache))
    assert (server.requests, caught.value.details["error_id"], shown(cache)) == (1, "source_unreachable", [])


def test_a_line_that_is_always_cut(server, cache):
    server.answers = ["cut"] * (_download.RETRIES + 1)
    with pytest.raises(XenError, match=r"broke off after 1000 of 3145745 bytes. It was asked 4 times"):
        _download.local_file("source", f"{server.url}/root.tar", SUM, str(cache))
    assert shown(cache) == []


def test_nobody_listens(monkeypatch, cache):
    monkeypatch.setattr(_remote, "_PAUSE_SECONDS", 0)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(XenError, match="Connection refused"):
            _download.local_file("source", f"http://127.0.0.1:{port}/root.tar", SUM, str(cache))
    assert shown(cache) == []


def test_another_checksum(server, cache, tmp_path):
    wrong = "sha512:" + "0" * 128
    with pytest.raises(BadValue, match=r"root.tar has another one, sha512:") as caught:
        _download.local_file("source", f"{server.url}/root.tar", wrong, str(cache))
    assert (caught.value.details["error_id"], shown(cache)) == ("wrong_checksum", [])
    local = tmp_path / "root.tar"
    local.write_bytes(CONTENT)
    assert _download.local_file("source", str(local), SUM.upper().replace("SHA256:", ""), str(cache)) == str(local)
    with pytest.raises(BadValue, match="has another one"):
        _download.local_file("source", str(local), wrong, str(cache))


@pytest.mark.parametrize("given", ["md5:0123", "sha256:zz", "0123", "sha256:" + "0" * 128, ""])
def test_what_is_no_checksum(given):
    with pytest.raises(BadValue, match="write the algorithm"):
        _checksum.digest(given)


def test_a_url_needs_a_checksum_and_a_path_a_file(cache):
    with pytest.raises(BadValue, match="its checksum is needed"):
        _download.local_file("source", "http://127.0.0.1/root.tar", None, str(cache))
    for source in ("/nowhere/root.tar", "root.tar", "file:///etc/passwd"):
        with pytest.raises(BadValue, match="no such file on the managed host, and no URL"):
            _download.local_file("source", source, None, str(cache))


def test_no_space(server, cache, monkeypatch):
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_download, "fetch", full)
    with pytest.raises(HostError, match="no space left") as caught:
        _download.local_file("source", f"{server.url}/root.tar", SUM, str(cache))
    assert (caught.value.details["error_id"], shown(cache)) == ("no_space", [])


def test_a_whole_content_is_checked_on_its_way(server, monkeypatch):
    server.answers = ["cut", 503]
    assert _download.content(f"{server.url}/netbsd.gz", _checksum.digest(SUM)) == CONTENT
    assert server.requests == 3
    with pytest.raises(BadValue) as caught:
        _download.content(f"{server.url}/netbsd.gz", _checksum.digest("sha256:" + "0" * 64))
    assert caught.value.details["error_id"] == "wrong_checksum"
    monkeypatch.setattr(_download, "_MOST", 1024 * 1024)
    with pytest.raises(XenError) as caught:
        _download.content(f"{server.url}/netbsd.gz")
    assert caught.value.details["error_id"] == "source_too_large"
