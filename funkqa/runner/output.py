"""The output of a step: its beginning and its end, however long it is."""

HEAD_BYTES = 64 * 1024
TAIL_BYTES = 192 * 1024


class KeptOutput:
    """Keeps the first 64 kB and the last 192 kB of a stream, and counts all of it."""

    def __init__(self) -> None:
        self.total = 0
        self._head = bytearray()
        self._tail = bytearray()

    def add(self, chunk: bytes) -> None:
        self.total += len(chunk)
        room = HEAD_BYTES - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:] if room < len(chunk) else b""
        if len(self._tail) > 2 * TAIL_BYTES:
            del self._tail[:-TAIL_BYTES]

    def content(self) -> bytes:
        """What was kept, with a line between the parts that says how much is left out."""
        tail = bytes(self._tail[-TAIL_BYTES:])
        omitted = self.total - len(self._head) - len(tail)
        middle = f"\n[funkqa: {omitted} bytes left out]\n".encode() if omitted else b""
        return bytes(self._head) + middle + tail
