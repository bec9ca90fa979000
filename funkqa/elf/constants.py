"""What an address of an image stands for: a function, a variable, or the content of a constant."""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Collection, Sequence

from funkqa.elf.bodies import Body
from funkqa.elf.contents import THREAD_LOCAL, Contents, Range

DEPTH = 3
"""How far constants that point to constants are followed."""

WINDOW = 64
"""Bytes of a constant without a name or an end, at most."""

LONGEST_STRING = 1 << 16
POINTER = 8
STUBS = (".plt", ".iplt")
DAY = rb"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?"
MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
TIME, ZONE = rb"\d{2}:\d{2}:\d{2}", rb"(?: ?(?:Z|[A-Z]{3,4}|[+-]\d{4}))?"
BUILT = re.compile(
    DAY + MONTH + rb" [ 0-3]?\d(?: " + TIME + ZONE + rb")? \d{4}(?: " + TIME + rb")?" + ZONE + rb"|"
    rb"" + DAY + rb"[0-3]?\d " + MONTH + rb" \d{4}(?: " + TIME + ZONE + rb")?|"
    rb"\b\d{4}-\d{2}-\d{2}(?:[ T]" + TIME + ZONE + rb")?|\b" + TIME + ZONE
)
"""Dates and times: those of __DATE__, __TIME__ and date(1)."""

DIRECTORY = re.compile(rb"/[^\0 ]*/BUILD(?:ROOT)?/[^/\0 ]+/")
"""Where rpmbuild built it, with the version: ``__FILE__`` has that, if nobody told the compiler otherwise."""

SOURCE = re.compile(
    rb"/\S*/([^/\s]+\.(?:c|cc|cpp|cxx|c\+\+|C|h|hh|hpp|hxx|H|ipp|inl|tcc|def|y|l|ll|yy|m|mm|d|rs|f|f90|F|F90|s|S))"
)
"""``__FILE__`` with the whole path, which assertions have: the file's name is enough."""

TEXT = re.compile(rb"[\x07-\x0d\x1b\x20-\x7e\x80-\xff]+")


class Constants:
    """Identities of addresses; ``targets`` are all that the code refers to, where something may begin."""

    def __init__(
        self, contents: Contents, bodies: Sequence[Body], names: Sequence[str], targets: Collection[int]
    ) -> None:
        self.contents = contents
        self.bodies, self.names = bodies, names
        self.starts = [body.start for body in bodies]
        pointed = (pointer.target for pointer in contents.pointers.values())
        self.begins = sorted({*targets, *pointed, *(each.start for each in contents.objects)})
        self._known: dict[tuple[int, int, int], bytes] = {}
        self._contents: dict[tuple[int, int, int, bool], bytes] = {}

    def identity(self, address: int, size: int, depth: int = DEPTH) -> bytes:
        """``size`` bytes are read there; 0: only the address is taken; negative: it is called or jumped to."""
        key = (address, size, depth)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._identity(address, size, depth)
        return known

    def _identity(self, address: int, size: int, depth: int) -> bytes:
        inside = self.contents.range(address)
        if inside is None:
            return b"nowhere"
        pointer = self.contents.pointers.get(address)
        read = inside.name.startswith(".got") or (size > 0 and inside.constant)
        if pointer and (read or pointer.kind in THREAD_LOCAL):
            return b"-> " + self._pointed(address, depth)
        if inside.executable:
            return self._code(address, inside)
        if not inside.constant:
            return self._variable(address, inside)
        if size > 0:
            return b"constant " + self._content(address, address + size, depth)
        return self._constant(address, inside, depth)

    def _pointed(self, place: int, depth: int) -> bytes:
        """What the loader writes at a place."""
        pointer = self.contents.pointers[place]
        if pointer.kind in THREAD_LOCAL:
            return f"thread-local {pointer.symbol}".encode()
        if pointer.symbol and not pointer.target:
            return f"import {pointer.symbol}".encode()
        inside = self.contents.range(pointer.target)
        if depth == 0 and not (inside and inside.executable):
            named = self.contents.object(pointer.target)
            return f"object {named.name if named else ''}".encode()
        return self.identity(pointer.target, 0, max(depth - 1, 0))

    def _code(self, address: int, inside: Range) -> bytes:
        index = bisect_right(self.starts, address) - 1
        if index >= 0 and address < self.bodies[index].end:
            body = self.bodies[index]
            distance = f"+{address - body.start}" if address != body.start else ""
            return f"function {self.names[body.function]}{distance}".encode()
        if inside.name.startswith(STUBS):
            return self._stub(address)
        return self._constant(address, inside, 0)

    def _stub(self, address: int) -> bytes:
        """The function behind a stub of the PLT, which jumps to where a pointer says."""
        code = self.contents.bytes(address, 16)
        at = code.find(b"\xff\x25")  # jmp *displacement(%rip)
        if 0 <= at <= 10:
            place = address + at + 6 + int.from_bytes(code[at + 2 : at + 6], "little", signed=True)
            pointer = self.contents.pointers.get(place)
            if pointer and pointer.symbol and not pointer.target:
                return f"function {pointer.symbol}".encode()
            chosen = self.contents.range(pointer.target) if pointer else None
            if pointer and chosen and not chosen.name.startswith(STUBS):
                return self.identity(pointer.target, -1)
        return b"stub"

    def _variable(self, address: int, inside: Range) -> bytes:
        named = self.contents.object(address)
        if named is None:
            return f"variable of {inside.name}".encode()
        return f"variable {named.name}+{address - named.start}".encode()

    def _constant(self, address: int, inside: Range, depth: int) -> bytes:
        """An object to its end, a text to its end, else what lies there up to where something else begins."""
        named = self.contents.object(address)
        if named is not None and named.size:
            distance = str(address - named.start).encode()
            return b"object +" + distance + b" " + self._content(named.start, named.start + named.size, depth)
        text = self._text(address, inside)
        if text is not None:
            return b"text " + text
        following = bisect_right(self.begins, address)
        end = self.begins[following] if following < len(self.begins) else inside.end
        end = min(end, inside.end, address + WINDOW)
        return b"constant " + self._content(address, end, depth, padded=True)

    def _text(self, address: int, inside: Range) -> bytes | None:
        start = address - inside.start
        end = inside.content.find(b"\0", start, start + LONGEST_STRING)
        text = inside.content[start:end] if end >= start else b""
        if not text and end == start and TEXT.fullmatch(inside.content[start - 1 : start] if start else b""):
            return b""  # where a text ends: iterators in C++ point there
        if not TEXT.fullmatch(text):
            return None
        if source := SOURCE.fullmatch(text):
            return source[1]
        return BUILT.sub(b"(built)", DIRECTORY.sub(b"", text))

    def _content(self, start: int, end: int, depth: int, padded: bool = False) -> bytes:
        key = (start, end, depth, padded)
        if key not in self._contents:
            self._contents[key] = self._hashed(*key)
        return self._contents[key]

    def _hashed(self, start: int, end: int, depth: int, padded: bool) -> bytes:
        found = hashlib.blake2b(digest_size=16)
        at = start
        for place in self.contents.relocated(start, end):
            found.update(self.contents.bytes(at, place - at))
            found.update(b"(" + self._pointed(place, depth) + b")")
            at = place + POINTER
        rest = self.contents.bytes(at, max(end - at, 0))
        found.update(rest.rstrip(b"\0") if padded else rest)
        return found.digest()
