"""Every way to enter a function, and every way to build a program: exactly what ran is covered."""

import subprocess
from pathlib import Path

import pytest

from tests.compiling import compile_c, library, readelf_functions, tool
from tests.e2e import traced
from tests.e2e.traced import EXACT, Traced, Tracer

ENTRIES = ("entries.c", "tail.c", "landing.s")
PREINIT = "-DPREINIT"


@pytest.fixture
def trace(tmp_path: Path, cache: Path) -> Tracer:
    return Tracer(tmp_path, cache)


def untraced(*command: str | Path) -> bytes:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout


def assert_only_unused_is_missing(found: Traced) -> None:
    """The names in the sources say what runs: a second opinion, which is no tool's."""
    names = {function.name for function in found.functions.values()}
    assert {name for name in names if "unused" in name}
    assert [name for name in found.names() if "unused" in name] == []


def assert_whole_inventory(found: Traced) -> None:
    """Every function of the symbol table but glue and cold parts, by the word of eu-readelf."""
    for image in found.images:
        counted = {vaddr for path, vaddr in found.functions if path == image.path}
        glue = {f.vaddr for f in image.functions} - counted
        symbols = readelf_functions(Path(image.path), ".symtab")
        copies = {vaddr for path, vaddr in traced.other_bodies(found.functions) if path == image.path}
        assert counted == {row.vaddr for row in symbols if ".cold" not in row.name} - glue - copies
        assert len(glue) < 15


@pytest.mark.parametrize("options", ["-O0", "-O2", "-O3 -flto", "-O2 -no-pie", "-O2 -fcf-protection=full", "-Os"])
def test_c(trace: Tracer, options: str) -> None:
    program = traced.build(trace.directory / "entries", *ENTRIES, options=f"{options} {PREINIT}")
    found = trace([program], program)
    assert found.stdout == untraced(program)
    assert found.differences(traced.callgrind(trace.directory / "callgrind", program)) == EXACT
    assert_only_unused_is_missing(found)
    assert_whole_inventory(found)
    once = {"indirect", "chosen", "before_all", "constructs", "destructs", "at_exit", "overridden"}
    landed = {"enters_behind_its_push", "enters_behind_its_move"}
    assert found.names() >= once | landed | {"jumps_back", "on_signal", "tail_of", "computed"}
    assert not found.names() & {"behind_push", "behind_move", "rarely"}
    assert "only_inlined" not in {function.name for function in found.functions.values()}


FAULT = {
    *(
        "reads_bad_pointer",
        "writes_bad_pointer",
        "reads_page_zero",
        "writes_constant",
        "divides_by_zero",
        "divides",
    ),
    *("traps", "breaks", "is_no_instruction", "is_privileged", "jumps_nowhere"),
}


@pytest.mark.parametrize("options", ["-O0", "-O2", "-O3 -flto", "-O2 -no-pie"])
def test_functions_that_fault_at_once(trace: Tracer, options: str) -> None:
    """By hand: callgrind counts no instruction that faults, and ignores what feenableexcept asks for.

    The kernel takes no probe on int3 and cli: functions that begin with them are skipped, and said to be.
    """
    program = traced.build(trace.directory / "faults", "faults.c", options=options)
    found = trace([program], program)
    assert found.stdout == untraced(program)
    assert found.stdout.count(b"signal") == len(FAULT)
    assert set(found.skipped) == (set() if options == "-O0" else {"breaks", "is_privileged"})
    assert found.names() | {*found.skipped} == {"main", "on_fault", *FAULT}
    assert_only_unused_is_missing(found)


def test_functions_that_fault_at_once_step_by_step(trace: Tracer) -> None:
    program = traced.build(trace.directory / "faults", "faults.c", options="-O2 -static")
    found = trace([program], program)
    assert found.differences(traced.stepped(trace.directory, found, program)) == EXACT


@pytest.mark.parametrize("options", ["-O2 -static", "-O2 -static-pie"])
def test_static_c_with_all_of_its_libc(trace: Tracer, options: str) -> None:
    """The libc's IFUNCs choose by processor, and its string functions share code: the real processor is asked."""
    program = traced.build(trace.directory / "entries", *ENTRIES, options=options)
    found = trace([program], program)
    assert len(found.functions) > 1000
    assert found.differences(traced.stepped(trace.directory, found, program)) == EXACT


@pytest.mark.parametrize("options", ["-O0", "-O2", "-O3 -flto"])
def test_cpp(trace: Tracer, options: str) -> None:
    program = traced.build(trace.directory / "features", "features.cc", options=f"{options} -pthread")
    found = trace([program], program)
    assert found.stdout == untraced(program)
    assert found.differences(traced.callgrind(trace.directory / "callgrind", program)) == EXACT
    assert_only_unused_is_missing(found)
    assert_whole_inventory(found)


def test_a_stripped_program_with_a_separate_debug_file(trace: Tracer) -> None:
    """In a mount namespace of funkqa's own, /usr/lib/debug is ours; the host's stays as it is."""
    program = traced.build(trace.directory / "entries", *ENTRIES, options=f"-O2 -g {PREINIT}")
    ran = traced.callgrind(trace.directory / "callgrind", program)
    build_id = tool("file", "-b", str(program)).partition("BuildID[sha1]=")[2][:40]
    debug = trace.directory / "debug" / ".build-id" / build_id[:2] / f"{build_id[2:]}.debug"
    debug.parent.mkdir(parents=True)
    tool("objcopy", "--only-keep-debug", str(program), str(debug))
    tool("strip", "--strip-all", str(program))
    bind = f'mount --bind "{trace.directory}/debug" /usr/lib/debug && exec "$@"'
    found = trace([program], program, enter=("unshare", "--mount", "sh", "-c", bind, "sh"))
    assert [image.debug.value for image in found.images] == ["merged"]
    assert found.differences(ran) == EXACT
    assert {"constructs", "destructs", "computed", "indirect"} <= found.names()
    assert_only_unused_is_missing(found)


def test_what_starts_the_command_is_not_the_command(trace: Tracer) -> None:
    """The program uses no library; what of libc brings it into funkqa's scope doesn't count."""
    source = 'void _start(void) { __asm__("mov $60, %eax; xor %edi, %edi; syscall"); }'
    program = compile_c(trace.directory / "alone", source, "-static", "-nostdlib")
    found = trace([library("libc.so.6"), program], program)
    assert found.returncode == 0
    assert found.names() == set()
    assert len(found.functions) > 1000
