"""``funkqa functions`` on files that the test compiles, whole ones and damaged ones."""

import csv
import json
import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import jsonschema
import pytest
from elftools.elf.elffile import ELFFile

from funkqa.cli.schema import schema_text
from tests.compiling import compile_c, tool
from tests.unprivileged import as_nobody

SOURCE = """
static __attribute__((noinline)) int helps(int n) { return n * 3; }
static inline __attribute__((always_inline)) int gone(int n) { return n + 1; }
int main(int n, char **p) { return p && helps(gone(n)); }
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return compile_c(tmp_path / "program", SOURCE, "-g", "-O2")


def functions(
    *arguments: str | Path, cache: str = "/proc/none/cache", nobody: bool = False
) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "FUNKQA_CACHE": cache, "DEBUGINFOD_URLS": ""}
    command = [sys.executable, "-m", "funkqa", "functions", *map(str, arguments)]
    command = as_nobody(command) if nobody else command
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def damaged(program: Path, section: str, at: int, content: bytes) -> Path:
    """A copy with other bytes in a section."""
    changed = bytearray(program.read_bytes())
    with program.open("rb") as stream:
        start = ELFFile(stream).get_section_by_name(section)["sh_offset"] + at
    changed[start : start + len(content)] = content
    copy = program.with_name(f"damaged{section}")
    copy.write_bytes(changed)
    return copy


def test_every_format_has_the_same_functions(program: Path) -> None:
    text, table, document = (functions(program, "--format", form) for form in ("text", "csv", "json"))
    assert [each.stderr for each in (text, table, document)] == ["", "", ""]
    loaded = json.loads(document.stdout)
    jsonschema.validate(loaded, json.loads(schema_text("functions")))
    (image,) = loaded["images"]
    names = [each["name"] for each in (*image["functions"], *image["inlined"])]
    assert {"main", "helps", "gone"} <= set(names)
    assert [row["name"] for row in csv.DictReader(table.stdout.splitlines())] == names
    listed = [
        line.split()[1] for line in text.stdout.splitlines() if line.startswith(("  probed ", "  glue ", "  inl"))
    ]
    assert listed == names
    assert "1 more exist only inlined, which can't be measured" in text.stdout


@pytest.mark.parametrize(
    ("section", "at", "content", "said"),
    [
        (".debug_abbrev", 0, b"\x7f" * 32, "its functions have neither file nor line: not a well-formed ELF file"),
        (".debug_info", 0, b"\xff" * 16, "its functions have neither file nor line: not a well-formed ELF file"),
        (".strtab", 1, b"", "none of its functions is measured: not a well-formed ELF file"),
    ],
)
def test_a_damaged_table_is_told_and_spoils_no_other_file(
    program: Path, section: str, at: int, content: bytes, said: str
) -> None:
    bad = damaged(program, section, at, content)
    if not content:  # names of functions that lie nowhere
        rows = range(24, 24 * 30, 24)
        bad = program
        for row in rows:
            bad = damaged(bad, ".symtab", row, struct.pack("<I", 0x7FFFFFFF))
        program = compile_c(program.with_name("whole"), SOURCE, "-g", "-O2")
    done = functions(bad, program, "--format", "json")
    assert done.returncode == 0
    assert done.stderr.startswith(f"warning: {bad}: {said}")
    first, second = json.loads(done.stdout)["images"]
    assert {each["name"]: each["line"] for each in second["functions"]}["main"] == 4
    names = {each["name"]: each["line"] for each in first["functions"]}
    assert names.get("main", 0) == 0
    assert bool(names) == bool(content)


def test_what_has_lost_its_symbols_is_listed_by_addresses_and_the_loss_is_told(program: Path) -> None:
    tool("strip", str(program))
    told = functions(program).stdout
    assert "symbols: unwind" in told
    assert "no debug file and no .symtab" in told
    assert "function_at_" in told


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("/etc/passwd",), 3, "/etc/passwd: it is no ELF file: there is no function to measure"),
        (("/proc/none/file",), 2, "funkqa: /proc/none/file: it can't be read: No such file or directory"),
        (("/dev/null",), 2, "funkqa: /dev/null: it is no regular file"),
        (("/tmp",), 2, "funkqa: /tmp: it is no regular file"),
        (("no-such-package",), 3, "funkqa: the package no-such-package is not installed"),
        (("",), 2, "funkqa: the name of a package is empty"),
        ((), 2, "Missing argument"),
    ],
)
def test_what_can_not_be_listed_is_told(arguments: Sequence[str], code: int, said: str) -> None:
    done = functions(*arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_program_for_another_machine_and_a_damaged_one_leave_nothing_to_list(program: Path) -> None:
    foreign = program.with_name("foreign")
    content = bytearray(program.read_bytes())
    content[18:20] = struct.pack("<H", 243)  # e_machine: EM_RISCV
    foreign.write_bytes(content)
    done = functions(foreign)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"funkqa: {foreign}: a program for ")
    cut = program.with_name("cut")
    cut.write_bytes(program.read_bytes()[:100])
    done = functions(cut)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"funkqa: {cut}: ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_file_that_nobody_but_root_may_read_is_told() -> None:
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        secret = Path(folder) / "secret"
        secret.write_bytes(b"")
        secret.chmod(0o600)
        done = functions(secret, nobody=True)
    assert done.returncode == 2
    assert done.stderr == f"funkqa: {secret}: it can't be opened: Permission denied\n  run funkqa as root\n"


def test_no_line_but_for_long_names_is_wider_than_a_terminal(program: Path) -> None:
    lines = (*functions(program).stdout.splitlines(), *functions("--help").stdout.splitlines())
    assert [line for line in lines if len(line) > 80 and str(program.parent) not in line] == []
