"""``funkqa plan`` on a file that the test compiles."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import jsonschema
import pytest

from funkqa.cli.schema import schema_text
from tests.compiling import shared
from tests.unprivileged import as_nobody

SOURCE = """
int plain(int *p) { return *p; }
int pushes(int n) { volatile int x[40]; x[n] = n; return plain((int *)x) + x[0]; }
"""


@pytest.fixture(scope="module")
def library() -> Iterator[Path]:
    """In a folder that everybody may read."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield shared(Path(folder) / "lib.so", SOURCE, "-g", "-O2", "-fno-inline", "-fno-ipa-ra")


def plan(*arguments: str, nobody: bool = False) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "HOME": "/proc/none", "FUNKQA_CACHE": "/proc/none/cache"}
    command = [sys.executable, "-m", "funkqa", "plan", *arguments]
    command = as_nobody(command) if nobody else command
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_json_of_a_file_is_as_the_schema_says(library: Path) -> None:
    done = plan(str(library), "--format", "json")

    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(schema_text("plan")))
    assert {"plain", "pushes"} <= {function["name"] for function in document["images"][0]["functions"]}


def test_explain_shows_the_place_and_why(library: Path) -> None:
    told = plan(str(library), "--explain", "plain").stdout

    assert "-> " in told
    assert "probe at 0x" in told
    assert "may fault" in told


def test_an_unknown_function_is_told(library: Path) -> None:
    done = plan(str(library), "--explain", "nothing")

    assert done.returncode == 2
    assert "no function is called 'nothing'" in done.stderr
    assert done.stderr.endswith(f"list them: funkqa functions {library}\n")


def test_explain_has_no_other_format(library: Path) -> None:
    done = plan(str(library), "--explain", "plain", "--format", "json")

    assert (done.returncode, done.stdout) == (2, "")
    assert "--explain is text" in done.stderr


def test_what_went_wrong_is_told(library: Path) -> None:
    damaged = library.with_name("damaged.so")
    subprocess.run(
        ["objcopy", "--update-section", ".debug_info=/etc/hostname", str(library), str(damaged)], check=True
    )
    done = plan(str(damaged))

    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"warning: {damaged}: its functions have neither file nor line: ")


def test_what_has_no_function_is_told_with_what_to_do(tmp_path: Path) -> None:
    package = tmp_path / "x.rpm"
    package.write_bytes(b"\xed\xab\xee\xdb")
    done = plan(str(package))

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"funkqa: {package}: it is no ELF file: there is no function to measure\n"
        f"  install the package, or unpack it and name its files: rpm2cpio {package} | cpio -idm\n"
    )


def test_a_file_that_is_not_there_is_told() -> None:
    done = plan("/proc/none/file")

    assert done.returncode == 2
    assert done.stderr.startswith("funkqa: /proc/none/file: it can't be read: No such file or directory")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_file_needs_no_root(library: Path) -> None:
    done = plan(str(library), nobody=True)

    assert done.returncode == 0, done.stderr
    assert "total:" in done.stdout
