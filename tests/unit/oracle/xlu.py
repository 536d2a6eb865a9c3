# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Xen's own parsers (libxlutil), asked directly: the true answer to "would xl read this, and as what".

Debian's package ``libxenmisc4.17`` brings the library; no hypervisor is needed. ``XLU_LIBRARY_PATH`` names another
copy. Where it is missing, ``load()`` raises ``OracleMissing`` with the cure; the test fixtures turn that into a skip.

libxlutil asserts on a NUL byte inside a string and takes the process with it, so NUL is refused here.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import glob
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

STRING, LIST = 0, 1  # enum XLU_ConfigValueType, libxlutil.h
STRUCT_BYTES = 8192  # more than any libxl_device_* struct; libxl initialises and fills it
ESRCH = 3

_SEARCH = (
    "/usr/lib/*/libxlutil.so.4.*",
    "/usr/lib*/libxlutil.so.4.*",
    "/usr/local/lib/libxlutil.so.4.*",
    "/usr/lib/xen-*/lib/*/libxlutil.so.4.*",
    "/usr/pkg/lib/libxlutil.so.4.*",
)


class OracleMissing(Exception):
    """libxlutil is not installed here."""


class Answer(NamedTuple):
    """What Xen's config parser said: ``rc`` 0 or an errno, what it printed, and the value of each key asked for."""

    rc: int
    report: str
    values: dict[str, Any]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogateescape")
    if b"\0" in raw:
        raise ValueError("NUL bytes abort libxlutil: do not ask about them")
    return raw


def library_path() -> str:
    """The newest libxlutil found, or the one that XLU_LIBRARY_PATH names."""
    given = os.environ.get("XLU_LIBRARY_PATH")
    if given:
        return given
    found = sorted(name for pattern in _SEARCH for name in glob.glob(pattern))
    if not found:
        raise OracleMissing("libxlutil.so.4.* not found: apt-get install libxenmisc4.17, or set XLU_LIBRARY_PATH")
    return found[-1]


class Xlu:
    """One loaded libxlutil with the libxenlight and libyajl beside it."""

    def __init__(self, path: str) -> None:
        try:
            self.xlu = ctypes.CDLL(path)
            self.libxl = ctypes.CDLL(str(next(Path(path).parent.glob("libxenlight.so.4.*"))))
            self.yajl = ctypes.CDLL(ctypes.util.find_library("yajl") or "libyajl.so.2")
        except (OSError, StopIteration) as error:
            raise OracleMissing(f"libxlutil at {path} cannot be loaded: {error}") from error
        self.libc = ctypes.CDLL(None)
        self._errno = getattr(self.libc, "__errno_location")  # noqa: B009 - a plain attribute would be name-mangled
        self._declare()

    def _declare(self) -> None:
        pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
        signatures: list[tuple[Any, Any, tuple[Any, ...]]] = [
            (self.libc.fdopen, pointer, (number, text)),
            (self.libc.fclose, number, (pointer,)),
            (self.libc.fflush, number, (pointer,)),
            (self.xlu.xlu_cfg_init, pointer, (pointer, text)),
            (self.xlu.xlu_cfg_readdata, number, (pointer, text, number)),
            (self.xlu.xlu_cfg_destroy, None, (pointer,)),
            (self.xlu.xlu_cfg_get_string, number, (pointer, text, pointer, number)),
            (self.xlu.xlu_cfg_get_long, number, (pointer, text, pointer, number)),
            (self.xlu.xlu_cfg_get_list, number, (pointer, text, pointer, pointer, number)),
            (self.xlu.xlu_cfg_get_listitem2, pointer, (pointer, number)),
            (self.xlu.xlu_cfg_value_type, number, (pointer,)),
            (self.xlu.xlu_cfg_value_get_string, number, (pointer, pointer, pointer, number)),
            (self.xlu.xlu_cfg_value_get_list, number, (pointer, pointer, pointer, number)),
            (self.xlu.xlu_disk_parse, number, (pointer, number, pointer, pointer)),
            (self.xlu.xlu_vif_parse_rate, number, (pointer, text, pointer)),
            (self.yajl.yajl_gen_alloc, pointer, (pointer,)),
            (self.yajl.yajl_gen_free, None, (pointer,)),
            (self.yajl.yajl_gen_get_buf, number, (pointer, pointer, pointer)),
        ]
        for function, result, arguments in signatures:
            function.restype, function.argtypes = result, arguments

    def config(self, text: str, keys: tuple[str, ...] = ()) -> Answer:
        """Read ``text`` as a config file; the values of ``keys`` as str or (nested) list, absent keys left out."""
        data = _bytes(text)

        def ask(cfg: int) -> tuple[int, dict[str, Any]]:
            rc = self.xlu.xlu_cfg_readdata(cfg, data, len(data))
            values = {}
            if rc == 0:
                for key in keys:
                    value = self._get(cfg, key)
                    if value is not None:
                        values[key] = value
            return rc, values

        (rc, values), report = self._with_config(ask)
        return Answer(rc, report, values)

    def long(self, text: str, key: str) -> int | None:
        """``xlu_cfg_get_long`` of ``key``, or None where xl refuses it as a number."""
        data = _bytes(text)

        def ask(cfg: int) -> int | None:
            if self.xlu.xlu_cfg_readdata(cfg, data, len(data)):
                return None
            value = ctypes.c_long()
            refused = self.xlu.xlu_cfg_get_long(cfg, key.encode(), ctypes.byref(value), 0)
            return None if refused else value.value

        return self._with_config(ask)[0]

    def disk(self, spec: str) -> tuple[dict[str, Any] | None, str]:
        """``xlu_disk_parse``: libxl's JSON of the disk (defaults left out) or None, and what was printed."""
        array = (ctypes.c_char_p * 1)(_bytes(spec))
        return self._device("disk", lambda cfg, disk: self.xlu.xlu_disk_parse(cfg, 1, array, disk))

    def rate(self, spec: str) -> tuple[dict[str, Any] | None, str]:
        """``xlu_vif_parse_rate``: libxl's JSON of a nic with only this rate, or None, and what was printed."""
        # libxlutil never clears errno before strtoull, so an old ERANGE would spoil an innocent rate.
        self._clear_errno()
        return self._device("nic", lambda cfg, nic: self.xlu.xlu_vif_parse_rate(cfg, _bytes(spec), nic))

    def pci(self, spec: str) -> tuple[dict[str, Any] | None, str]:
        """``xlu_pci_parse_spec_string`` (since 4.15; before: ``xlu_pci_parse_bdf``): JSON of the device or None."""
        function = getattr(self.xlu, "xlu_pci_parse_spec_string", None) or self.xlu.xlu_pci_parse_bdf
        function.restype, function.argtypes = ctypes.c_int, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)
        return self._device("pci", lambda cfg, pci: function(cfg, pci, _bytes(spec)))

    def rdm(self, spec: str) -> tuple[int, str]:
        """``xlu_rdm_parse``: 0 or an error, and what was printed."""
        function = self.xlu.xlu_rdm_parse
        function.restype, function.argtypes = ctypes.c_int, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)
        struct = ctypes.create_string_buffer(16)
        answer: tuple[int, str] = self._with_config(lambda cfg: function(cfg, struct, _bytes(spec)))
        return answer

    def _clear_errno(self) -> None:
        self._errno.restype = ctypes.POINTER(ctypes.c_int)
        self._errno()[0] = 0

    def _device(self, kind: str, parse: Callable[[int, Any], int]) -> tuple[dict[str, Any] | None, str]:
        struct = ctypes.create_string_buffer(STRUCT_BYTES)
        getattr(self.libxl, f"libxl_device_{kind}_init")(struct)
        rc, report = self._with_config(lambda cfg: parse(cfg, struct))
        parsed = None if rc else self._json(getattr(self.libxl, f"libxl_device_{kind}_gen_json"), struct)
        getattr(self.libxl, f"libxl_device_{kind}_dispose")(struct)
        return parsed, report

    def _json(self, generate: Any, struct: Any) -> dict[str, Any]:
        generate.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
        handle = self.yajl.yajl_gen_alloc(None)
        generate(handle, ctypes.cast(struct, ctypes.c_void_p))
        buffer, length = ctypes.c_char_p(), ctypes.c_size_t()
        self.yajl.yajl_gen_get_buf(handle, ctypes.byref(buffer), ctypes.byref(length))
        raw = buffer.value or b"{}"
        self.yajl.yajl_gen_free(handle)
        return dict(json.loads(_text(raw)))

    def _with_config(self, ask: Callable[[int], Any]) -> tuple[Any, str]:
        with tempfile.TemporaryFile() as report:
            stream = self.libc.fdopen(os.dup(report.fileno()), b"w")
            cfg = self.xlu.xlu_cfg_init(stream, b"config")
            try:
                result = ask(cfg)
            finally:
                self.xlu.xlu_cfg_destroy(cfg)
                self.libc.fclose(stream)
            report.seek(0)
            return result, _text(report.read())

    def _get(self, cfg: int, key: str) -> Any:
        name, found = key.encode(), ctypes.c_char_p()
        if self.xlu.xlu_cfg_get_string(cfg, name, ctypes.byref(found), 1) == 0:
            return _text(found.value or b"")
        items, count = ctypes.c_void_p(), ctypes.c_int()
        rc = self.xlu.xlu_cfg_get_list(cfg, name, ctypes.byref(items), ctypes.byref(count), 1)
        return None if rc == ESRCH else self._list(cfg, items)

    def _list(self, cfg: int, items: Any) -> list[Any]:
        values: list[Any] = []
        while True:
            item = self.xlu.xlu_cfg_get_listitem2(items, len(values))
            if not item:
                return values
            inner = ctypes.c_void_p()
            if self.xlu.xlu_cfg_value_type(item) == LIST:
                self.xlu.xlu_cfg_value_get_list(cfg, item, ctypes.byref(inner), 0)
                values.append(self._list(cfg, inner))
            else:
                text = ctypes.c_char_p()
                self.xlu.xlu_cfg_value_get_string(cfg, item, ctypes.byref(text), 0)
                values.append(_text(text.value or b""))


@functools.lru_cache(maxsize=1)
def load() -> Xlu:
    """The library, loaded once a process."""
    return Xlu(library_path())
