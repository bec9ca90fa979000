"""A release as at most sixty test cases: the worst packages, all others in one, and the total."""

from collections.abc import Iterator, Sequence

from funkqa.model.comparison import Judgement
from funkqa.model.release import ReleaseReport, Standing
from funkqa.report.plain import one_line, plain, printable_ascii
from funkqa.report.release import words
from funkqa.report.testcase import Case, Status, cut, distinct

_WORST = 58
_STATUSES = {
    Judgement.PASSED: Status.SUCCESS,
    Judgement.SOFTFAIL: Status.SOFTFAIL,
    Judgement.FAILED: Status.FAILURE,
}
_BADNESS = (Status.SUCCESS, Status.SOFTFAIL, Status.FAILURE)


def cases(report: ReleaseReport) -> tuple[Case, ...]:
    """One to sixty cases; the worst of them is as the judgement.

    Names are printable ASCII and distinct; texts are plain and at most 16 kB.
    """
    arches = words.several_arches(report)
    every = [_package(each, arches) for each in report.packages[:_WORST]]
    if rest := report.packages[_WORST:]:
        every.append(_others(rest, arches))
    every.append(_total(report))
    names = distinct([printable_ascii(case.name) for case in every])
    return tuple(
        Case(name, case.status, cut(plain(case.text).strip())) for name, case in zip(names, every, strict=True)
    )


def _package(each: Standing, arches: bool) -> Case:
    lines = [str(each.after.ratio) if each.after else "0/0 functions, there is no new result"]
    before = (
        f"before {each.before.ratio}, {words.rise(each) or 'not comparable'}"
        if each.before
        else "no result before"
    )
    lines += [f"{each.trend.value}: {before}", words.versions(each), words.changes(each)]
    lines += map(one_line, each.findings)
    lines += [f"lost: {one_line(name)}" for name in each.lost_names]
    if each.lost > len(each.lost_names):
        lines.append(f"and {each.lost - len(each.lost_names)} more are lost")
    if each.flaky:
        lines.append(words.FLAKY)
    return Case(f"package: {words.package_name(each, arches)}", _STATUSES[each.judgement], _text(lines))


def _others(rest: Sequence[Standing], arches: bool) -> Case:
    good = sum(each.judgement is not Judgement.FAILED for each in rest)
    status = max((_STATUSES[each.judgement] for each in rest), key=_BADNESS.index)
    lines = [f"{good}/{len(rest)} others without a failure"]
    lines += (_line(each, arches) for each in rest)
    return Case("others", status, _text(lines))


def _line(each: Standing, arches: bool) -> str:
    facts = [words.ratio_of(each.after), words.rise(each), words.changes(each)]
    return f"{each.trend.value}: {words.package_name(each, arches)}: {', '.join(filter(None, facts))}"


def _total(report: ReleaseReport) -> Case:
    """As bad as the whole."""
    lines = [str(report.after), words.headline(report), *_trend(report)]
    lines += [f"takes no part: {one_line(file.name)}: {one_line(file.reason)}" for file in report.refused]
    return Case("release: total", _STATUSES[report.judgement], _text(lines))


def _trend(report: ReleaseReport) -> Iterator[str]:
    for name, packages, functions, percent in words.trend_rows(report):
        unit = "package" if packages == "1" else "packages"
        yield f"{name}: {functions} functions {percent} in {packages} {unit}"


def _text(lines: Sequence[str]) -> str:
    return "\n".join(filter(None, lines))
