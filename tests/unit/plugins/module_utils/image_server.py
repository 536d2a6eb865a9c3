# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server of images on this machine, that misbehaves as real ones do."""

from __future__ import annotations

import contextlib
import http.server
import threading


class ImageServer:
    """``files``: what is at which path. ``asked``: the paths that were asked for, in order.

    A path may be preceded by what goes wrong: ``/busy2/x`` answers 503 twice, ``/cut2/x`` breaks off twice after half
    of it when it is asked for (a look at its beginning counts), ``/chunked/x`` does not say how long it is.
    """

    def __init__(self, files):
        self.files, self.asked, self._failed = files, [], {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request):
        self.asked.append(request.path)
        _slash, first, rest = (request.path.partition("?")[0] + "/").split("/", 2)
        fault, path = (first, "/" + rest.rstrip("/")) if rest else ("", "/" + first)
        content = self.files.get(path)
        if content is None:
            request.send_error(404)
        elif fault.startswith("busy") and self._fails(request.path, int(fault[4:])):
            request.send_error(503)
        else:
            request.send_response(200)
            if fault != "chunked":
                request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            cut = fault.startswith("cut") and self._fails(request.path, int(fault[3:]))
            with contextlib.suppress(OSError):  # it may be looked at only
                request.wfile.write(content[: len(content) // 2] if cut else content)
            request.close_connection = True

    def _fails(self, path, times):
        self._failed[path] = self._failed.get(path, 0) + 1
        return self._failed[path] <= times
