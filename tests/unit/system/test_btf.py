"""The kernel's description of its own structures."""

import struct
from pathlib import Path

import pytest

from funkqa.model.errors import HostUnfit
from funkqa.system import btf

NAMES = b"\0inner\0outer\0first\0second\0hidden\0int\0"


def blob() -> bytes:
    """``struct outer { int first; struct { int hidden; }; int second : 8; }`` and a forward declaration of it."""

    def name(text: bytes) -> int:
        return NAMES.index(b"\0" + text + b"\0") + 1 if text else 0

    def kind(number: int, members: int = 0, flag: int = 0) -> int:
        return flag << 31 | number << 24 | members

    types = (
        struct.pack("=IIII", name(b"int"), kind(1), 4, 32)  # 1
        + struct.pack("=III", name(b"outer"), kind(7), 0)  # 2: a forward declaration
        + struct.pack("=III", 0, kind(4, 1), 4)  # 3: without a name
        + struct.pack("=III", name(b"hidden"), 1, 0)
        + struct.pack("=III", name(b"outer"), kind(4, 3, flag=1), 16)  # 4
        + struct.pack("=III", name(b"first"), 1, 0)
        + struct.pack("=III", 0, 3, 64)
        + struct.pack("=III", name(b"second"), 1, 8 << 24 | 96)
    )
    header = struct.pack("=HBBIIIII", btf.MAGIC, 1, 0, 24, 0, len(types), len(types), len(NAMES))
    return header + types + NAMES


def test_members_are_found_with_their_offsets(tmp_path: Path) -> None:
    path = tmp_path / "btf"
    path.write_bytes(blob())
    wanted = [("outer", "first"), ("outer", "hidden"), ("outer", "second")]
    assert btf.offsets(wanted, path) == dict(zip(wanted, (0, 8, 12), strict=True))


@pytest.mark.parametrize("content", [b"", b"\x9f\xeb", b"\0" * 64, blob()[:60], blob()[:24]])
def test_what_is_no_btf_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "btf"
    path.write_bytes(content)
    with pytest.raises(HostUnfit, match="doesn't describe"):
        btf.offsets([("outer", "first")], path)


def test_a_member_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "btf"
    path.write_bytes(blob())
    with pytest.raises(HostUnfit, match="struct outer has no member third"):
        btf.offsets([("outer", "third")], path)
    with pytest.raises(HostUnfit):
        btf.offsets([("other", "first")], path)
    with pytest.raises(HostUnfit):
        btf.offsets([("outer", "first")], tmp_path / "missing")
