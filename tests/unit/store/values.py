"""Model values for the tests of the result file."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

from funkqa.model.measurement import (
    Execution,
    MeasuredPackage,
    Measurement,
    Outcome,
    RunRecord,
    Shard,
    ShardState,
    StepResult,
)
from funkqa.model.plan import (
    DebugFileStatus,
    Function,
    Image,
    ImageRole,
    Inlined,
    SkipReason,
    Standing,
    Unmeasured,
)
from funkqa.model.recipe import Measure, Phase, Respect
from funkqa.model.units import Bitmap, BuildId, FileOffset, Vaddr
from funkqa.store.writer import ResultWriter


def function(number: int, *names: str, standing: Standing = Standing.PROBED) -> Function:
    names = names or (f"function_{number}",)
    return Function(
        vaddr=Vaddr(0x401000 + 16 * number),
        offset=FileOffset(0x1000 + 16 * number),
        size=16,
        symbol=names[0],
        names=names,
        demangled=names[0],
        local=False,
        unit="src/main.c",
        file="src/main.c",
        line=10 + number,
        ordinal=0,
        standing=standing,
        reason=SkipReason.UNPROBEABLE if standing is Standing.SKIPPED else None,
    )


def image(path: str = "/usr/lib64/libbz2.so.1.0.8", functions: tuple[Function, ...] = ()) -> Image:
    return Image(
        package="libbz2-1",
        arch="x86_64",
        path=path,
        links=(),
        role=ImageRole.LIBRARY,
        soname="libbz2.so.1",
        build_id=BuildId("ab12" * 10),
        debug=DebugFileStatus.MERGED,
        debug_package="libbz2-1-debuginfo",
        functions=functions,
    )


def step(name: str = "roundtrip", output: bytes = b"ok\n") -> StepResult:
    return StepResult(
        name=name,
        phase=Phase.EXECUTE,
        script="bzip2 -k file",
        result=Respect.RESPECT,
        outcome=Outcome.PASSED,
        reason="",
        exit_code=0,
        signal=None,
        started=1_700_000_000.25,
        duration_s=0.125,
        output=output,
        output_bytes=len(output),
    )


def empty() -> Measurement:
    run = RunRecord("", "", "", Measure(), (), {}, "", 0.0)
    return Measurement(run, (), (), (), {}, (), False)


def rich() -> Measurement:
    """Every optional value both there and not, every text with something that needs care."""
    library = image(
        functions=(
            function(0, "BZ2_bzCompress", "BZ2_alias", "größe"),
            Function(
                vaddr=Vaddr((1 << 64) - 1),
                offset=FileOffset(1 << 63),
                size=(1 << 64) - 1,
                symbol="_ZN1a1bEv.lto_priv.0",
                names=("_ZN1a1bEv",),
                demangled="a::b()",
                local=True,
                unit="",
                file="",
                line=0,
                ordinal=7,
                standing=Standing.SKIPPED,
                reason=SkipReason.OUTSIDE_SEGMENTS,
            ),
            function(2, standing=Standing.GLUE),
            function(3, standing=Standing.EXCLUDED),
        )
    )
    library = replace(
        library,
        role=ImageRole.PLUGIN,
        inlined=(Inlined("_ZN1a1cEv", "a::c()", "src/größe.cc", "a.h", 3), Inlined("swap", "swap", "", "", 0)),
    )
    program = image("/usr/bin/na\udcffme\n?#%", tuple(function(number) for number in range(100)))
    failed = StepResult(
        name="fails\0late",
        phase=Phase.FINISH,
        script="kill -9 $$ # \ud800",
        result=Respect.XFAIL,
        outcome=Outcome.XFAIL,
        reason="killed",
        exit_code=None,
        signal=9,
        started=2.0,
        duration_s=0.0,
        output=bytes(range(256)) * 300,
        output_bytes=1 << 40,
    )
    run = RunRecord(
        recipe="bzip2",
        recipe_text="version: 1\nsummary: größe 🗜\n",
        summary="größe",
        measure=Measure(("a.*",), ("^std::", "b"), ("BZ2_bzCompress",), Fraction(3, 5), Fraction(0), Fraction(1)),
        packages=(
            MeasuredPackage("bzip2-1.0.8-5.6.x86_64", "bzip2", "bzip2-1.0.8-5.6.src.rpm", True),
            MeasuredPackage("tar-1:1.35-1.1.x86_64", "tar", "tar-1.35-1.1.src.rpm", False),
        ),
        environment={"kernel": "6.4.0", "root": "/ro\udcffot"},
        funkqa_version="0.1.0",
        started=1_700_000_000.5,
    )
    return Measurement(
        run=run,
        images=(library, program, image("/usr/lib64/empty.so")),
        unmeasured=(Unmeasured("bzip2", "/usr/bin/bz\udcff", "not an ELF file"),),
        steps=(step(), failed, step("nothing", b"")),
        hits={(0, 0): Bitmap(0b1001), (1, 0): Bitmap(1 << 99), (1, 1): Bitmap((1 << 100) - 1), (0, 2): Bitmap(0)},
        faults=("the tracer lost records", "die Größe"),
        complete=True,
        statistics={"traps_in_scope": 12.0, "trap_time_s": 0.25},
        sources={
            ("bzip2-1.0.8-5.6.src.rpm", "bzip2.c"): "int größe;\n\udcff",
            ("tar-1.35-1.1.src.rpm", "bzip2.c"): "",
        },
        executions=(
            Execution(0, 12, 1, 0, 1.5, "/usr/bin/na\udcffme", ("bzip2", "", "-\udcff"), "bzip2", True),
            Execution(2, 13, 12, 65534, 2.5, "/tmp/x", (), "", False),
        ),
        shards=(
            Shard("na\udcffme.funkqa", "", ShardState.TIMED_OUT, "größe"),
            Shard(
                name="one.funkqa",
                digest="ab12",
                state=ShardState.COMPLETE,
                started=1.5,
                covered=7,
                funkqa_version="0.1.0",
                environment={"root": "/ro\udcffot"},
                statistics={"traps_in_scope": 1.0, "trap_time_s": 0.5},
                faults=("die Größe",),
            ),
        ),
    )


def write(path: Path, measurement: Measurement) -> Path:
    with ResultWriter.create(path, measurement.run, measurement.images, measurement.unmeasured) as writer:
        for number, result in enumerate(measurement.steps):
            writer.append(
                result,
                {image: hits for (image, step), hits in measurement.hits.items() if step == number},
                [execution for execution in measurement.executions if execution.step == number],
            )
        for message in measurement.faults:
            writer.fault(message)
        if measurement.sources:
            writer.sources(measurement.sources)
        if measurement.shards:
            writer.shards(measurement.shards)
        if measurement.complete:
            writer.finish(measurement.statistics)
    return path


@contextmanager
def forging(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to change a result file at will."""
    connection = sqlite3.connect(path)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def kill_in_transaction(path: Path) -> None:
    """Leave what a writer leaves that dies after SQLite wrote some of a transaction's pages."""

    def change_and_die() -> None:
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("UPDATE functions SET name = name || zeroblob(99)")
        connection.execute("INSERT INTO faults VALUES (99, 'of a transaction that never ends')")
        os.kill(os.getpid(), 9)

    process = get_context("fork").Process(target=change_and_die)
    process.start()
    process.join()
    assert process.exitcode == -9
