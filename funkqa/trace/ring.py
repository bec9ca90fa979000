"""The kernel's ring of records, mapped into this process and read by a thread as they come.

Source of the layout: ``Documentation/bpf/ringbuf.rst`` and ``kernel/bpf/ringbuf.c`` of Linux 6.6: a page with the
reader's position, a page with the writer's, then the records, mapped twice so that none is torn at the end.
"""

import mmap
import os
import select
import struct
import threading
from collections.abc import Iterator

BUSY, DISCARDED = 1 << 31, 1 << 30
HEADER = struct.Struct("=II")
POSITION = struct.Struct("=Q")


class Ring:
    """``size`` is that of the records, in bytes, a power of two."""

    def __init__(self, descriptor: int, size: int) -> None:
        page = mmap.PAGESIZE
        self._descriptor, self._size = descriptor, size
        self._reader = mmap.mmap(descriptor, page, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._writer = mmap.mmap(descriptor, page + 2 * size, mmap.MAP_SHARED, mmap.PROT_READ, offset=page)
        self._lock = threading.Lock()
        self._read: list[bytes] = []
        self._wake, self._stop = os.pipe2(os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._follow, name="records", daemon=True)
        self._thread.start()

    def take(self) -> list[bytes]:
        """All records since the last call, in the order in which they were made."""
        with self._lock:
            self._read += self._unread()
            taken, self._read = self._read, []
        return taken

    def close(self) -> None:
        os.close(self._stop)
        self._thread.join()
        os.close(self._wake)
        self._reader.close()
        self._writer.close()

    def _follow(self) -> None:
        waiting = select.poll()
        waiting.register(self._descriptor, select.POLLIN)
        waiting.register(self._wake, select.POLLHUP)
        while all(descriptor != self._wake for descriptor, _ in waiting.poll()):
            with self._lock:
                self._read += self._unread()

    def _unread(self) -> Iterator[bytes]:
        (position,) = POSITION.unpack_from(self._reader)
        while position < POSITION.unpack_from(self._writer)[0]:
            start = mmap.PAGESIZE + position % self._size
            length, _ = HEADER.unpack_from(self._writer, start)
            if length & BUSY:
                return
            size = length & ~DISCARDED
            if not length & DISCARDED:
                begin = start + HEADER.size
                yield self._writer[begin : begin + size]
            position += (HEADER.size + size + 7) // 8 * 8
            POSITION.pack_into(self._reader, 0, position)
