"""A shim is the template with the paths of one program."""

import struct

import pytest

from funkqa.model.errors import ElfError
from funkqa.shim.image import MARKER, PATH_BYTES, TARGET, image

BEFORE, BEHIND = b"\x7fELF code", b"section headers"
TEMPLATE = BEFORE + MARKER + bytes(2 * PATH_BYTES) + BEHIND
PATHS = ("/run/m/0/usr/bin/a", "/run/names/0")


def test_only_the_target_differs_from_the_template() -> None:
    made = image(TEMPLATE, *PATHS)
    assert len(made) == len(TEMPLATE)
    assert made.startswith(BEFORE + MARKER)
    assert made.endswith(BEHIND)
    found = TARGET.unpack_from(made, len(BEFORE))[1:]
    assert [field.rstrip(b"\0").decode() for field in found] == list(PATHS)


def test_paths_that_are_no_text_are_kept_byte_for_byte() -> None:
    path = b"/usr/bin/\xff\xfe\n".decode("utf-8", "surrogateescape")
    assert b"/usr/bin/\xff\xfe\n\0" in image(TEMPLATE, path, "")


@pytest.mark.parametrize("field", range(2))
def test_a_path_that_is_too_long_is_refused_and_the_longest_is_not(field: int) -> None:
    paths = ["/a", "/b"]
    paths[field] = "/" + "x" * (PATH_BYTES - 2)
    assert paths[field].encode() + b"\0" in image(TEMPLATE, *paths)
    paths[field] += "x"
    with pytest.raises(ElfError, match="too long for a shim"):
        image(TEMPLATE, *paths)


def test_bytes_count_not_letters() -> None:
    with pytest.raises(ElfError, match="too long"):
        image(TEMPLATE, "/" + "ü" * (PATH_BYTES // 2), "")


@pytest.mark.parametrize("template", [b"", b"\x7fELF", TEMPLATE * 2])
def test_a_file_that_is_no_template_is_refused(template: bytes) -> None:
    with pytest.raises(ElfError, match="no shim"):
        image(template, *PATHS)


def test_a_template_that_is_cut_off_is_refused() -> None:
    with pytest.raises(ElfError, match="no shim"):
        image(TEMPLATE[: len(BEFORE) + len(MARKER) + 100], *PATHS)


def test_the_target_is_as_large_as_the_shim_says() -> None:
    assert TARGET.size == struct.calcsize("16s") + 2 * PATH_BYTES
