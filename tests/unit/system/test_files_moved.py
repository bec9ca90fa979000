"""A file that goes to another file system arrives whole, under its own name, and through nobody's link."""

import errno
import os
import secrets
from pathlib import Path

import pytest

from funkqa.system import files


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rename goes to another file system, but for that of what was copied."""
    replace = os.replace

    def refuse(source: Path, target: Path) -> None:
        if not Path(source).name.startswith(".funkqa-"):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)


def test_a_file_goes_to_another_file_system(tmp_path: Path, far: None) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"content")
    target.write_bytes(b"what was there")
    files.move(source, target)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("target", b"content")]


def test_no_link_is_followed_on_the_way(tmp_path: Path, far: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if somebody guesses the name of the copy."""
    monkeypatch.setattr(secrets, "token_hex", lambda size: "guessed")
    source, precious = tmp_path / "source", tmp_path / "precious"
    source.write_bytes(b"content")
    precious.write_bytes(b"precious")
    (tmp_path / ".funkqa-guessed.partial").symlink_to(precious)
    with pytest.raises(FileExistsError):
        files.move(source, tmp_path / "target")
    assert precious.read_bytes() == b"precious"
    assert source.read_bytes() == b"content"
    assert not (tmp_path / "target").exists()
