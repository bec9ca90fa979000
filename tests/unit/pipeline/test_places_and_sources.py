"""What a run says of a place without room, and of source text that nobody offers."""

import errno
import os
from pathlib import Path

import pytest

from funkqa.model.errors import PackageError
from funkqa.model.package import Nevra
from funkqa.pipeline.sourcetext import absent
from funkqa.pipeline.target import Target, tell_if_full

ZYPPER = "the repository file:///r can't be read"
ANEW = "make its metadata anew"


def told(tmp_path: Path, message: str, free: int) -> PackageError:
    error = PackageError(message, hint=ANEW)
    tell_if_full(error, free, Target(sandbox_directory=tmp_path))
    return error


@pytest.mark.parametrize(
    ("message", "free"), [(ZYPPER, 48_000), (f"rpm: {os.strerror(errno.ENOSPC)}", 10_000_000_000)]
)
def test_a_full_throw_away_root_is_told_as_such(tmp_path: Path, message: str, free: int) -> None:
    error = told(tmp_path, message, free)
    assert error.message == f"the throw-away root is full ({free // 1000} kB are left): {message}"
    assert error.hint.startswith("give it room: --sandbox-dir DIR")
    assert error.hint.endswith(f"df -h {tmp_path}")


def test_with_room_what_the_package_manager_says_stands(tmp_path: Path) -> None:
    error = told(tmp_path, ZYPPER, 10_000_000_000)
    assert (error.message, error.hint) == (ZYPPER, ANEW)


def test_debugsource_that_nobody_offers_is_a_warning() -> None:
    there = Nevra("bzip2-debugsource", 1, "1.0.8", "5.1", "x86_64")
    wanted = ["bzip2-debugsource = 1:1.0.8-5.1", "gzip-debugsource = 1.12-1"]
    (warning,) = absent(wanted, [there], "zypper")
    assert warning == "no source text without gzip-debugsource = 1.12-1: name a repository that has it with --repo"
    (warning,) = absent(wanted, [there], "rpm")
    assert warning.endswith("name its file with --rpm")
    assert len(absent(wanted, [there._replace(epoch=0)], "zypper")) == 2
