"""Files that are no recipe at all."""

import os
from pathlib import Path

import pytest

from funkqa.model.errors import ExitCode, RecipeError, RecipeErrors
from funkqa.recipe import read_recipe

GOOD = b"version: 1\nsummary: a summary\ncomponent: bzip2\nexecute: bzip2 --version\n"


def error_of(path: Path) -> RecipeError:
    with pytest.raises(RecipeErrors) as caught:
        read_recipe(path)
    assert caught.value.exit_code is ExitCode.USAGE
    (error,) = caught.value.errors
    assert error.hint
    return error


def written(folder: Path, content: bytes) -> Path:
    path = folder / "bzip2.yaml"
    path.write_bytes(content)
    return path


def test_a_recipe_file_is_read_with_its_name_and_text(tmp_path: Path) -> None:
    recipe = read_recipe(written(tmp_path, GOOD))
    assert (recipe.name, recipe.path) == ("bzip2", tmp_path / "bzip2.yaml")
    assert recipe.text == GOOD.decode()


def test_windows_line_ends_do_not_reach_the_script(tmp_path: Path) -> None:
    content = GOOD.replace(b" bzip2 --version", b" |\n  ls\n  ls").replace(b"\n", b"\r\n")
    assert read_recipe(written(tmp_path, content)).steps[0].script == "ls\nls\n"


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    error = error_of(tmp_path / "bzip2.yaml")
    assert (error.message, error.where) == ("there is no such recipe file", str(tmp_path / "bzip2.yaml"))
    assert error.hint == f"look what is there: ls {tmp_path}"


def test_a_directory_is_an_error(tmp_path: Path) -> None:
    error = error_of(tmp_path)
    assert error.message == "this is a directory, not a recipe file"
    assert f"{tmp_path}/*.yaml" in error.hint


def test_a_file_below_a_file_is_an_error(tmp_path: Path) -> None:
    error = error_of(written(tmp_path, GOOD) / "bzip2.yaml")
    assert error.message == "the recipe file can't be read: Not a directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_read_permission_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    path.chmod(0)
    assert error_of(path).message == "the recipe file can't be read: Permission denied"


def test_a_loop_of_symbolic_links_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "bzip2.yaml"
    path.symlink_to(path)
    assert error_of(path).message == "the recipe file can't be read: Too many levels of symbolic links"


def test_a_path_with_a_nul_byte_is_an_error() -> None:
    assert error_of(Path("a\0b.yaml")).message.startswith("the recipe file can't be read: ")


def test_a_file_of_exactly_one_mebibyte_is_read_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    largest = GOOD + b"#" * ((1 << 20) - len(GOOD))
    assert read_recipe(written(tmp_path, largest)).name == "bzip2"
    error = error_of(written(tmp_path, largest + b"#"))
    assert error.message == "the file is larger than 1 MiB, which no recipe is"


def test_the_first_byte_that_is_not_utf8_is_named_with_line_and_column(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD + "contact: äö".encode() + b"\xfc\n")
    error = error_of(path)
    assert (error.where, error.message) == (f"{path}:5:12", "the byte 0xfc is not UTF-8")
    assert error.hint == f"save it as UTF-8: iconv -f ISO-8859-1 -t UTF-8 {path}"


def test_utf16_is_recognised(tmp_path: Path) -> None:
    assert "iconv -f UTF-16" in error_of(written(tmp_path, GOOD.decode().encode("utf-16"))).hint


def test_a_nul_byte_is_named_with_line_and_column(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD + b"tag: \0\n")
    error = error_of(path)
    assert (error.where, error.message) == (f"{path}:5:6", "the file holds a NUL byte")
