"""Coverage as JSON, ``funkqa/coverage/1``; ``coverage.schema.json`` beside this file is its schema."""

import json
from typing import Any

from funkqa.model.coverage import Coverage, FunctionCoverage, ImageCoverage, Ratio, State
from funkqa.model.measurement import Execution, Shard, StepResult
from funkqa.model.plan import Inlined
from funkqa.model.recipe import Measure
from funkqa.report.facts import never_run, not_measured_programs
from funkqa.report.plain import decoded

SCHEMA = "funkqa/coverage/1"

# mypy can't name the type of JSON without recursion through Any.
Json = dict[str, Any]


def render(coverage: Coverage) -> str:
    """The document in printable ASCII, with a newline at the end; a record of plain values stands on one line."""
    return f"{written(_document(coverage))}\n"


def _document(coverage: Coverage) -> Json:
    measurement, run = coverage.measurement, coverage.measurement.run
    return {
        "schema": SCHEMA,
        "funkqa": run.funkqa_version,
        "recipe": {"name": run.recipe, "summary": run.summary, "text": run.recipe_text},
        "started": run.started,
        "verdict": coverage.verdict.value,
        "findings": list(coverage.findings),
        "ratio": _ratio(coverage.ratio),
        "incidental": coverage.incidental,
        "measure": _measure(run.measure),
        "expectations": [{"name": e.name, "known": e.known, "covered": e.covered} for e in coverage.expectations],
        "packages": [
            {"nevra": p.nevra, "name": p.name, "source_rpm": p.source_rpm, "measured": p.measured}
            for p in run.packages
        ],
        "environment": dict(sorted(run.environment.items())),
        "complete": measurement.complete,
        "statistics": dict(measurement.statistics),
        "faults": list(measurement.faults),
        "steps": [_step(step, *counts) for step, counts in zip(coverage.steps, coverage.step_counts, strict=True)],
        "images": [_image(image) for image in coverage.images],
        "unmeasured": [
            {"package": file.package, "path": file.path, "reason": file.reason} for file in measurement.unmeasured
        ],
        "executions": [_execution(execution) for execution in measurement.executions],
        "not_measured_programs": [
            {"path": program.path, "package": program.package, "starts": program.starts}
            for program in not_measured_programs(coverage)
        ],
        "shards": [_shard(shard) for shard in measurement.shards],
        "never_run": [each.image.path for each in never_run(coverage)],
    }


def _ratio(ratio: Ratio) -> Json:
    return {
        "covered": ratio.covered,
        "missing": ratio.missing,
        "skipped": ratio.skipped,
        "total": ratio.total,
        "percent": ratio.percent,
    }


def _measure(measure: Measure) -> Json:
    return {
        "include": list(measure.include),
        "exclude": list(measure.exclude),
        "expect": list(measure.expect),
        "minimum": None if measure.minimum is None else float(measure.minimum),
        "tolerance": float(measure.tolerance),
        "skipped": float(measure.skipped),
    }


def _step(step: StepResult, entered: int, alone: int) -> Json:
    return {
        "name": step.name,
        "phase": step.phase.value,
        "script": step.script,
        "result": step.result.value,
        "outcome": step.outcome.value,
        "reason": step.reason,
        "exit_code": step.exit_code,
        "signal": step.signal,
        "started": step.started,
        "duration_s": step.duration_s,
        "functions": entered,
        "only": alone,
        "output_bytes": step.output_bytes,
        "output": decoded(step.output),
    }


def _execution(execution: Execution) -> Json:
    return {
        "step": execution.step,
        "pid": execution.pid,
        "parent": execution.parent,
        "user": execution.user,
        "started": execution.started,
        "path": execution.path,
        "arguments": list(execution.arguments),
        "package": execution.package,
        "measured": execution.measured,
    }


def _shard(shard: Shard) -> Json:
    return {
        "name": shard.name,
        "state": shard.state.value,
        "reason": shard.reason,
        "started": shard.started,
        "covered": shard.covered,
        "funkqa": shard.funkqa_version,
        "environment": dict(sorted(shard.environment.items())),
        "statistics": dict(shard.statistics),
        "faults": list(shard.faults),
    }


def _image(image: ImageCoverage) -> Json:
    elf = image.image
    return {
        "package": elf.package,
        "arch": elf.arch,
        "path": elf.path,
        "links": list(elf.links),
        "role": elf.role.value,
        "soname": elf.soname,
        "build_id": elf.build_id,
        "debug": elf.debug.value,
        "debug_package": elf.debug_package,
        "ratio": _ratio(image.ratio),
        "counts": {state.value: image.counts.get(state, 0) for state in State},
        "functions": [_function(function) for function in image.functions],
        "inlined": [_inlined(function) for function in elf.inlined],
    }


def _function(covered: FunctionCoverage) -> Json:
    function = covered.function
    return {
        "name": function.name,
        "demangled": function.demangled,
        "state": covered.state.value,
        "steps": list(covered.steps),
        "incidental": covered.incidental,
        "reason": function.reason.value if function.reason else None,
        "names": list(function.names),
        "symbol": function.symbol,
        "vaddr": function.vaddr,
        "offset": function.offset,
        "size": function.size,
        "local": function.local,
        "unit": function.unit,
        "file": function.file,
        "line": function.line,
        "ordinal": function.ordinal,
    }


def _inlined(function: Inlined) -> Json:
    return {
        "name": function.name,
        "demangled": function.demangled,
        "unit": function.unit,
        "file": function.file,
        "line": function.line,
    }


def written(value: Any, newline: str = "\n") -> str:
    """JSON of a value. With an indent, ``json`` would give every number of every function its own line."""
    if _flat(value):
        return json.dumps(value)
    inner = f"{newline}  "
    if isinstance(value, dict):
        members = [f"{json.dumps(key)}: {written(member, inner)}" for key, member in value.items()]
        return "{" + inner + f",{inner}".join(members) + newline + "}"
    return "[" + inner + f",{inner}".join(written(member, inner) for member in value) + newline + "]"


def _flat(value: Any) -> bool:
    if isinstance(value, dict):
        nested = [member for member in value.values() if isinstance(member, dict | list)]
        return all(isinstance(member, list) and _flat(member) for member in nested)
    return not (isinstance(value, list) and any(isinstance(member, dict | list) for member in value))
