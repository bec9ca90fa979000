"""A release as JSON, ``funkqa/release/1``; ``release.schema.json`` beside this file is its schema."""

from funkqa.model.comparison import Side
from funkqa.model.release import ReleaseReport, ReleaseTotal, Standing
from funkqa.report.jsonreport import Json, ratio_of, written
from funkqa.report.release import words

SCHEMA = "funkqa/release/1"


def render(report: ReleaseReport) -> str:
    """The document in printable ASCII, with a newline at the end; a record of plain values stands on one line."""
    return f"{written(_document(report))}\n"


def _document(report: ReleaseReport) -> Json:
    compared = bool(report.after.total)
    return {
        "schema": SCHEMA,
        "headline": words.headline(report),
        "judgement": report.judgement.value,
        "releases": [_release(each) for each in report.releases],
        "before": ratio_of(report.before),
        "after": ratio_of(report.after),
        "points": float(100 * (report.after.fraction - report.before.fraction)) if compared else None,
        "counts": {trend.value if trend else what: count for trend, what, count in words.counted(report)},
        "packages": [_package(each) for each in report.packages],
        "refused": [{"file": each.name, "reason": each.reason, "new": each.new} for each in report.refused],
    }


def _release(release: ReleaseTotal) -> Json:
    return {
        "name": release.name,
        "build": release.build,
        "packages": release.packages,
        "ratio": ratio_of(release.ratio),
    }


def _side(side: Side | None) -> Json | None:
    if side is None:
        return None
    return {
        "file": side.name,
        "version": side.version,
        "build": side.build,
        "started": side.started,
        "ratio": ratio_of(side.ratio),
        "problems": list(side.problems),
    }


def _package(each: Standing) -> Json:
    return {
        "package": each.package,
        "recipe": each.recipe,
        "arch": each.arch,
        "trend": each.trend.value,
        "judgement": each.judgement.value,
        "flaky": each.flaky,
        "points": None if each.rise is None else float(100 * each.rise),
        "lost": each.lost,
        "gained": each.gained,
        "added": each.added,
        "removed": each.removed,
        "causes": [cause.value for cause in each.causes],
        "findings": list(each.findings),
        "lost_names": list(each.lost_names),
        "before": _side(each.before),
        "after": _side(each.after),
        "history": [None if ratio is None else ratio_of(ratio) for ratio in each.history],
    }
