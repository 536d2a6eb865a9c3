# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a template is packed with, seen at its first bytes, and the stream of what is in it.

gzip, xz and bzip2 are in Python's library. zstd is from Python 3.14 on (compression.zstd); before that, the program
zstd(1) unpacks, which gets its input from here, so that a download goes through it without a file in between.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import importlib
import subprocess
import tempfile
import threading
from typing import IO, Any, Iterator

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host

# As many bytes from the beginning as tell all that is to be known: a zstd frame header has up to 18.
HEAD = 18
_CHUNK = 256 * 1024
# xz: The .xz File Format 1.0.4, 2.1.1.1; zstd: RFC 8878, 3.1.1; qcow2: docs/interop/qcow2.rst of QEMU; VMDK and VHDX:
# their specifications.
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_MAGIC = ((b"\x1f\x8b", "gzip"), (b"\xfd7zXZ\0", "xz"), (b"BZh", "bzip2"), (_ZSTD_MAGIC, "zstd"))
_NOT_RAW = ((b"QFI\xfb", "qcow2"), (b"KDMV", "vmdk"), (b"vhdxfile", "vhdx"))


def compression(head: bytes, name: str) -> str | None:
    """``gzip``, ``xz``, ``bzip2`` or ``zstd``; None for an image as it is.

    :param head: the first bytes. :param name: of the template, for messages.
    :raises XenError: an image in a format of another virtual machine, or nothing here can unpack it.
    """
    for magic, other in _NOT_RAW:
        if head.startswith(magic):
            raise XenError(
                f"{name} is a {other} image, not a raw one. Convert it first: `qemu-img convert -O raw`.",
                error_id="source_format",
            )
    kind = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if kind:
        _require_unpacker(kind, name)
    return kind


def claimed_size(head: bytes) -> int | None:
    """How many bytes a zstd frame says that it has (RFC 8878, 3.1.1.1); None when it does not, or is none.

    The other formats do not say it at their beginning. More frames may follow, so this is the least.
    """
    if not head.startswith(_ZSTD_MAGIC) or len(head) < HEAD:
        return None
    descriptor = head[4]
    flag, single_segment = descriptor >> 6, bool(descriptor & 0x20)
    length = (1 if single_segment else 0, 2, 4, 8)[flag]
    start = 5 + (0 if single_segment else 1) + (0, 1, 2, 4)[descriptor & 3]
    if not length:
        return None
    return int.from_bytes(head[start : start + length], "little") + (256 if length == 2 else 0)


def _require_unpacker(kind: str, name: str) -> None:
    """:raises XenError: neither the Python of this host nor a program can read it."""
    if kind == "xz" and _lzma() is None:
        raise XenError(
            f"{name} is compressed with xz, and the Python of this host was built without lzma.",
            error_id="source_format",
        )
    if kind == "zstd" and _zstd() is None and not _host.find_program("zstd"):
        raise XenError(
            f"{name} is compressed with zstd, which the Python of this host cannot read (3.14 and later can), and "
            "there is no program zstd. Install the package zstd.",
            error_id="source_format",
        )


@contextlib.contextmanager
def unpacked(packed: IO[bytes], kind: str | None) -> Iterator[IO[bytes]]:
    """A stream of what is in ``packed``, which needs to give bytes by ``read`` only."""
    if kind is None:
        yield packed
    elif kind == "zstd" and _zstd() is None:
        with _by_program(packed) as stream:
            yield stream
    else:
        openers: dict[str, Any] = {"gzip": gzip.open, "bzip2": bz2.open}
        opener = openers.get(kind) or (_lzma() if kind == "xz" else _zstd()).open
        with opener(packed, "rb") as stream:
            yield stream


def errors() -> tuple[Any, ...]:
    """What these streams raise when what they read is damaged, besides EOFError, OSError and zlib.error."""
    return tuple(
        error
        for error in (getattr(_lzma(), "LZMAError", None), getattr(_zstd(), "ZstdError", None))
        if error is not None
    )


def _lzma() -> Any:
    try:
        import lzma
    except ImportError:
        return None
    return lzma


def _zstd() -> Any:
    try:
        # of the standard library from 3.14 on; older checkers of this file do not know it
        return importlib.import_module("compression.zstd")
    except ImportError:
        return None


@contextlib.contextmanager
def _by_program(packed: IO[bytes]) -> Iterator[IO[bytes]]:
    """What ``zstd -dc`` makes of it. The program has ended when the block ends.

    :raises XenError: it says that its input is damaged; or what reading ``packed`` has raised.
    """
    program = _host.find_program("zstd") or "zstd"
    failed: list[BaseException] = []
    with tempfile.TemporaryFile() as said:
        # run_command of AnsibleModule keeps all output in memory
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            [program, "-dcq"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said
        )
        if process.stdin is None or process.stdout is None:
            raise AssertionError("unreachable")
        feeder = threading.Thread(target=_feed, args=(packed, process.stdin, failed), daemon=True)
        feeder.start()
        try:
            yield process.stdout
        except BaseException:
            process.kill()
            raise
        finally:
            process.stdout.close()
            rc = process.wait()
            feeder.join()
        said.seek(0)
        if failed:
            raise failed[0]
        if rc != 0:
            message = said.read(_CHUNK).decode(errors="replace").strip()
            raise XenError(f"The source is damaged: {message or f'zstd ended with {rc}'}.", error_id="source_damaged")


def _feed(packed: IO[bytes], stdin: IO[bytes], failed: list[BaseException]) -> None:
    try:
        data = packed.read(_CHUNK)
        while data:
            stdin.write(data)
            data = packed.read(_CHUNK)
    except BrokenPipeError:
        pass  # the program has ended, and says why
    except BaseException as error:  # of the thread: it is raised where the stream is read
        failed.append(error)
    with contextlib.suppress(OSError):
        stdin.close()
