"""What a result says of the run itself."""

import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import funkqa
from funkqa.model.measurement import MeasuredPackage, RunRecord
from funkqa.model.package import Package
from funkqa.model.recipe import Measure
from funkqa.system import host


def run_record(
    name: str,
    text: str,
    summary: str,
    measure: Measure,
    packages: Sequence[Package],
    root: Path,
    facts: Mapping[str, str],
) -> RunRecord:
    """The record of a run that begins now; ``facts`` join those of the host in its environment."""
    distri, version = host.distribution(root)
    return RunRecord(
        recipe=name,
        recipe_text=text,
        summary=summary,
        measure=measure,
        packages=tuple(MeasuredPackage(str(p.nevra), p.name, p.source_rpm, True) for p in packages if p.name),
        environment={
            "kernel": host.kernel_release(),
            "arch": host.machine(),
            "distri": distri,
            "version": version,
            "python": platform.python_version(),
            **facts,
        },
        funkqa_version=funkqa.__version__,
        started=time.time(),
    )
