"""Folders that a program names relative to its own."""

from pathlib import Path

import pytest

from funkqa.elf.origin import origin_folders
from funkqa.model.errors import ElfError
from tests.compiling import tool


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "main.c").write_text("int main(void) { return 0; }\n")
    return tmp_path / "main.c"


def folders(source: Path, *options: str) -> tuple[str, ...]:
    program = source.with_name("main")
    tool("gcc", *options, "-o", str(program), str(source))
    with program.open("rb") as stream:
        return origin_folders(stream, "/usr/lib/it/bin/main")


@pytest.mark.parametrize("tags", ["--enable-new-dtags", "--disable-new-dtags"])
def test_those_below_the_origin_are_told_and_no_others(source: Path, tags: str) -> None:
    paths = "$ORIGIN:/usr/lib/other:${ORIGIN}/../lib:$ORIGIN/a/./b/"
    expected = ("/usr/lib/it/bin", "/usr/lib/it/lib", "/usr/lib/it/bin/a/b")
    assert folders(source, f"-Wl,-rpath,{paths}", f"-Wl,{tags}") == expected


def test_most_programs_and_objects_have_none(source: Path) -> None:
    assert folders(source) == ()
    assert folders(source, "-Wl,-rpath,/usr/lib/other") == ()
    assert folders(source, "-c") == ()


def test_a_file_that_is_no_elf_file_is_refused(source: Path) -> None:
    with source.open("rb") as stream, pytest.raises(ElfError):
        origin_folders(stream, "/main.c")
