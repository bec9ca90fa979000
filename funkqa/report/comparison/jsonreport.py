"""A comparison as JSON, ``funkqa/comparison/1``; ``comparison.schema.json`` beside this file is its schema."""

from funkqa.model.comparison import Change, Comparison, FunctionChange, ImageChange, Side, StepChange
from funkqa.report.comparison import words
from funkqa.report.jsonreport import Json, ratio_of, written

SCHEMA = "funkqa/comparison/1"


def render(comparison: Comparison) -> str:
    """The document in printable ASCII, with a newline at the end; a record of plain values stands on one line."""
    return f"{written(_document(comparison))}\n"


def _document(comparison: Comparison) -> Json:
    before = comparison.before
    return {
        "schema": SCHEMA,
        "recipe": comparison.recipe,
        "package": comparison.package,
        "arch": comparison.arch,
        "headline": words.headline(comparison),
        "judgement": comparison.judgement.value,
        "findings": [
            {"about": each.about.value, "text": each.text, "fails": each.fails} for each in comparison.findings
        ],
        "notes": list(comparison.notes),
        "limits": {
            "tolerance": float(comparison.tolerance),
            "max_lost": comparison.max_lost,
            "fail_on": sorted(each.value for each in comparison.fail_on),
        },
        "baselines": [_side(side) for side in comparison.baselines],
        "new": _side(comparison.new),
        "before": None if before is None else float(before),
        "after": float(comparison.new.ratio.fraction),
        "points": None if before is None else float(100 * (comparison.new.ratio.fraction - before)),
        "counts": {change.value: comparison.count(change) for change in Change},
        "causes": [cause.value for cause in comparison.causes],
        "flaky": comparison.flaky,
        "differences": [
            {"cause": each.cause.value, "what": each.what, "before": each.before, "after": each.after}
            for each in comparison.differences
        ],
        "images": [_image(image) for image in comparison.images],
        "functions": [_function(function) for function in comparison.functions],
        "steps": [_step(step) for step in comparison.steps],
        "refused": [{"file": each.name, "reason": each.reason, "new": each.new} for each in comparison.refused],
    }


def _side(side: Side) -> Json:
    return {
        "file": side.name,
        "version": side.version,
        "build": side.build,
        "started": side.started,
        "ratio": ratio_of(side.ratio),
        "problems": list(side.problems),
    }


def _image(image: ImageChange) -> Json:
    return {
        "package": image.package,
        "image": image.image,
        "moved_from": image.moved_from,
        "before": image.before and ratio_of(image.before),
        "after": image.after and ratio_of(image.after),
        "counts": {change.value: image.counts[change] for change in Change},
    }


def _function(function: FunctionChange) -> Json:
    return {
        "change": function.change.value,
        "package": function.package,
        "image": function.image,
        "name": function.name,
        "linkage_name": function.linkage_name,
        "renamed_from": function.renamed_from,
        "file": function.file,
        "line": function.line,
        "covered": function.covered,
        "covered_in": function.covered_in,
        "known_in": function.known_in,
        "steps": list(function.steps),
    }


def _step(step: StepChange) -> Json:
    return {
        "name": step.name,
        "phase": step.phase.value,
        "fate": step.fate.value,
        "outcome_before": step.outcome_before.value if step.outcome_before else None,
        "outcome_after": step.outcome_after.value if step.outcome_after else None,
        "functions_before": step.functions_before,
        "functions_after": step.functions_after,
        "lost": step.lost,
        "gained": step.gained,
    }
