"""Coverage as JSON, ``funkqa/coverage/1``; ``coverage.schema.json`` beside this file is its schema."""

import json
from typing import Any

from funkqa.model.coverage import (
    Coverage,
    FunctionCoverage,
    ImageCoverage,
    Ratio,
    State,
    Update,
    UpdatedFunction,
)
from funkqa.model.measurement import Execution, Shard, StepResult
from funkqa.model.plan import Inlined
from funkqa.model.recipe import Measure
from funkqa.report.facts import Program, lost_executions, measured_programs, never_run, not_measured_programs
from funkqa.report.plain import decoded, encodable

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
        "ratio": ratio_of(coverage.ratio),
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
        "executions_lost": lost_executions(coverage),
        "measured_programs": [_program(program) for program in measured_programs(coverage)],
        "not_measured_programs": [_program(program) for program in not_measured_programs(coverage)],
        "shards": [_shard(shard) for shard in measurement.shards],
        "never_run": [each.image.path for each in never_run(coverage)],
        "update": coverage.update and _update(coverage.update),
    }


def _program(program: Program) -> Json:
    return {"path": program.path, "package": program.package, "starts": program.starts}


def _update(update: Update) -> Json:
    return {
        "old": list(update.old),
        "new": list(update.new),
        "ratio": ratio_of(update.ratio),
        "functions": [_updated(function) for function in update.functions],
        "notes": list(update.notes),
    }


def _updated(function: UpdatedFunction) -> Json:
    covered, place = function.covered, function.place
    return {
        "change": "added" if function.new else "changed",
        "package": function.package,
        "image": function.image,
        "name": function.name,
        "linkage_name": covered.function.name if covered else "",
        "state": covered.state.value if covered else "unmeasured",
        "steps": list(covered.steps) if covered else [],
        "place": list(place) if place else None,
    }


def ratio_of(ratio: Ratio) -> Json:
    """A ratio as all JSON reports have it."""
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
        "ratio": ratio_of(image.ratio),
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
        return dumped(value)
    inner = f"{newline}  "
    if isinstance(value, dict):
        members = [f"{dumped(key)}: {written(member, inner)}" for key, member in value.items()]
        return "{" + inner + f",{inner}".join(members) + newline + "}"
    return "[" + inner + f",{inner}".join(written(member, inner) for member in value) + newline + "]"


def dumped(value: Any, indent: int | None = None) -> str:
    """As ``json.dumps``, in text that every reader takes."""
    text = json.dumps(value, indent=indent)
    # Readers refuse half of a surrogate pair, as which Python holds a byte of a path that is no UTF-8.
    return json.dumps(_encodable(value), indent=indent) if "\\ud" in text else text


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {encodable(key): _encodable(member) for key, member in value.items()}
    return [_encodable(member) for member in value] if isinstance(value, list) else value


def _flat(value: Any) -> bool:
    if isinstance(value, dict):
        nested = [member for member in value.values() if isinstance(member, dict | list)]
        return all(isinstance(member, list) and _flat(member) for member in nested)
    return not (isinstance(value, list) and any(isinstance(member, dict | list) for member in value))
