"""Builders of model values, so that a test names only what it is about."""

from collections.abc import Iterable, Mapping, Sequence

from funkqa.model.measurement import (
    Execution,
    MeasuredPackage,
    Measurement,
    Outcome,
    RunRecord,
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


def function(
    name: str = "main",
    *,
    names: Sequence[str] = (),
    demangled: str = "",
    standing: Standing = Standing.PROBED,
    reason: SkipReason | None = None,
    vaddr: int = 0x1139,
    size: int = 32,
    local: bool = False,
    unit: str = "",
    file: str = "",
    line: int = 0,
    ordinal: int = 0,
) -> Function:
    """A probed function whose demangled name is its linkage name; its file offset is its address."""
    return Function(
        vaddr=Vaddr(vaddr),
        offset=FileOffset(vaddr),
        size=size,
        symbol=name,
        names=(name, *names),
        demangled=demangled or name,
        local=local,
        unit=unit,
        file=file,
        line=line,
        ordinal=ordinal,
        standing=standing,
        reason=reason,
    )


def skipped(name: str, reason: SkipReason = SkipReason.UNPROBEABLE) -> Function:
    return function(name, standing=Standing.SKIPPED, reason=reason)


def functions(*names: str) -> tuple[Function, ...]:
    return tuple(function(name, vaddr=0x1000 + 16 * index) for index, name in enumerate(names))


def image(
    path: str = "/usr/bin/bzip2",
    functions: Iterable[Function] = (),
    *,
    package: str = "bzip2",
    arch: str = "x86_64",
    links: Sequence[str] = (),
    soname: str = "",
    build_id: str = "ab12",
    debug: DebugFileStatus = DebugFileStatus.MERGED,
    debug_package: str = "bzip2-debuginfo",
    role: ImageRole | None = None,
    inlined: Sequence[Inlined] = (),
) -> Image:
    """A program, or a library if it has a soname, unless it has another role."""
    role = role or (ImageRole.LIBRARY if soname else ImageRole.PROGRAM)
    return Image(
        package=package,
        arch=arch,
        path=path,
        links=tuple(links),
        role=role,
        soname=soname,
        build_id=BuildId(build_id),
        debug=debug,
        debug_package=debug_package,
        functions=tuple(functions),
        inlined=tuple(inlined),
    )


def execution(
    path: str = "/usr/bin/bzip2",
    arguments: Sequence[str] = (),
    *,
    step: int | None = 0,
    pid: int = 4711,
    package: str = "bzip2",
    measured: bool = True,
) -> Execution:
    """A program that root started a second after the run began."""
    return Execution(step, pid, 1, 0, 1777593601.0, path, tuple(arguments), package, measured)


def step(
    name: str = "roundtrip",
    outcome: Outcome = Outcome.PASSED,
    *,
    phase: Phase = Phase.EXECUTE,
    result: Respect = Respect.RESPECT,
    reason: str = "",
    exit_code: int | None = 0,
    signal: int | None = None,
    duration_s: float = 0.25,
    output: bytes = b"",
    script: str = "bzip2 file",
) -> StepResult:
    return StepResult(
        name=name,
        phase=phase,
        script=script,
        result=result,
        outcome=outcome,
        reason=reason,
        exit_code=exit_code,
        signal=signal,
        started=1777593600.0,
        duration_s=duration_s,
        output=output,
        output_bytes=len(output),
    )


def package(
    nevra: str = "bzip2-1.0.8-5.1.x86_64", name: str = "bzip2", *, measured: bool = True
) -> MeasuredPackage:
    return MeasuredPackage(nevra, name, "bzip2-1.0.8-5.1.src.rpm", measured)


def bits(*indices: int) -> Bitmap:
    return Bitmap(sum(1 << index for index in set(indices)))


def measurement(
    images: Iterable[Image] | None = None,
    steps: Iterable[StepResult] | None = None,
    hits: Mapping[tuple[int, int], Iterable[int]] | None = None,
    *,
    recipe: str = "bzip2",
    measure: Measure | None = None,
    packages: Iterable[MeasuredPackage] | None = None,
    environment: Mapping[str, str] | None = None,
    unmeasured: Iterable[Unmeasured] = (),
    faults: Iterable[str] = (),
    complete: bool = True,
    statistics: Mapping[str, float] | None = None,
    executions: Iterable[Execution] = (),
    sources: Mapping[tuple[str, str], str] | None = None,
) -> Measurement:
    """A run that passed: one image of two functions, one step that entered the first of them.

    ``hits`` lists function indices by (image index, step index).
    """
    if hits is None:
        hits = {(0, 0): (0,)}
    run = RunRecord(
        recipe=recipe,
        recipe_text=f"version: 1\nsummary: {recipe}\ncomponent: bzip2\n",
        summary="compress and decompress",
        measure=measure or Measure(),
        packages=tuple(packages if packages is not None else (package(),)),
        environment=environment if environment is not None else {"arch": "x86_64", "distri": "opensuse"},
        funkqa_version="0.1.0",
        started=1777593600.0,
    )
    return Measurement(
        run=run,
        images=tuple(images if images is not None else (image(functions=functions("main", "usage")),)),
        unmeasured=tuple(unmeasured),
        steps=tuple(steps if steps is not None else (step(),)),
        hits={place: bits(*indices) for place, indices in hits.items()},
        faults=tuple(faults),
        complete=complete,
        statistics=statistics or {},
        executions=tuple(executions),
        sources=sources or {},
    )
