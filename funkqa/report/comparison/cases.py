"""A comparison as a handful of test cases, never one per function."""

from collections.abc import Iterable, Iterator

from funkqa.model.comparison import About, Cause, Change, Comparison, ImageChange, Judgement
from funkqa.report.comparison import words
from funkqa.report.plain import one_line, plain, printable_ascii, spelled
from funkqa.report.testcase import Case, Status, cut, distinct, folded

_MOST_CASES = 60
_LISTED = 100
_STATUSES = {
    Judgement.PASSED: Status.SUCCESS,
    Judgement.SOFTFAIL: Status.SOFTFAIL,
    Judgement.FAILED: Status.FAILURE,
}


def cases(comparison: Comparison) -> tuple[Case, ...]:
    """Six to sixty cases; the worst of them is as the judgement.

    Names are printable ASCII and distinct; texts are plain and at most 16 kB.
    """
    before = [_baselines(comparison), _differences(comparison), _steps(comparison)]
    images = [_image(comparison, image) for image in comparison.images]
    after = [_new(comparison), _total(comparison)]
    every = [*before, *folded([images], _MOST_CASES - len(before) - len(after))[0], *after]
    names = distinct([printable_ascii(case.name) for case in every])
    return tuple(
        Case(name, case.status, cut(plain(case.text).strip()), case.time_s)
        for name, case in zip(names, every, strict=True)
    )


def _baselines(comparison: Comparison) -> Case:
    lines = [words.compared_with(comparison), *map(one_line, comparison.notes)]
    lines += [f"takes no part: {spelled(file.name)}: {one_line(file.reason)}" for file in comparison.refused]
    about = (About.NEW_RUN, About.REFUSED)
    count = len(comparison.baselines)
    return _case(
        "results", _status(comparison, *about), f"{count}/{count} baselines", _told(comparison, *about), lines
    )


def _differences(comparison: Comparison) -> Case:
    counts = [sum(each.cause is cause for each in comparison.differences) for cause in Cause]
    number = f"{len(comparison.causes)}/{len(Cause)} causes: {words.explanation(comparison)}"
    kinds = [f"{count} of the {cause.value}" for cause, count in zip(Cause, counts, strict=True) if count]
    lines = [f"{cause.value}: {text}" for cause, text in words.differences(comparison)]
    return _case("differences", Status.SUCCESS, number, kinds, lines)


def _steps(comparison: Comparison) -> Case:
    same = sum(step.fate.value == "same" and not step.newly_bad for step in comparison.steps)
    lines = [
        f"{name}: {outcome}, functions {functions}"
        + (f", {lost} lost, {gained} gained" if gained else f", {lost}")
        for name, _, outcome, functions, lost, gained in words.step_rows(comparison, worst_first=True)
    ]
    number = f"{same}/{len(comparison.steps)} steps are the same"
    return _case("steps", _status(comparison, About.STEPS), number, _told(comparison, About.STEPS), lines)


def _image(comparison: Comparison, image: ImageChange) -> Case:
    old = f"{image.before}" if image.before else "none"
    new = f"{image.after}" if image.after else "0/0 functions, the image is gone"
    changes = (Change.LOST, Change.UNPROBED)
    status = _status(comparison, About.LOST) if image.counts[Change.LOST] else Status.SUCCESS
    if image.counts[Change.UNPROBED]:
        status = max(status, Status.SOFTFAIL, key=_badness)
    lines = [f"{words.image_name(image)} of {spelled(image.package)}, before {old}"]
    lines += [f"{image.counts[change]} {words.TITLES[change]}" for change in words.TITLES if image.counts[change]]
    lists = [_list(comparison, image, change) for change in changes]
    return _case(f"coverage: {image.image}", status, new, lines, *lists)


def _list(comparison: Comparison, image: ImageChange, change: Change) -> Iterator[str]:
    functions = [
        each
        for each in comparison.functions
        if each.change is change and (each.package, each.image) == (image.package, image.image)
    ]
    if functions:
        yield from ("", f"{len(functions)} {words.TITLES[change]}")
    for each in functions[:_LISTED]:
        yield f"{words.function_name(each)} ({words.remark(each, len(comparison.baselines))})"
    if len(functions) > _LISTED:
        yield f"and {len(functions) - _LISTED} more"


def _new(comparison: Comparison) -> Case:
    added = [each for each in comparison.functions if each.change is Change.ADDED]
    covered = sum(each.covered for each in added)
    lines = [
        f"{'covered' if each.covered else 'missing'}: {words.function_name(each)}" for each in added[:_LISTED]
    ]
    if len(added) > _LISTED:
        lines.append(f"and {len(added) - _LISTED} more")
    about = About.NEW_UNCOVERED
    number = f"{covered}/{len(added)} new functions covered"
    return _case("new functions", _status(comparison, about), number, _told(comparison, about), lines)


def _total(comparison: Comparison) -> Case:
    """As bad as the whole, and all its findings."""
    lines = [words.headline(comparison), f"judgement: {comparison.judgement.value}"]
    findings = [one_line(finding.text) for finding in comparison.findings]
    return _case("comparison: total", _STATUSES[comparison.judgement], f"{comparison.new.ratio}", lines, findings)


def _status(comparison: Comparison, *about: About) -> Status:
    found = [finding for finding in comparison.findings if finding.about in about]
    if any(finding.fails for finding in found):
        return Status.FAILURE
    return Status.SOFTFAIL if found else Status.SUCCESS


def _badness(status: Status) -> int:
    return (Status.SUCCESS, Status.SOFTFAIL, Status.FAILURE).index(status)


def _told(comparison: Comparison, *about: About) -> list[str]:
    return [one_line(finding.text) for finding in comparison.findings if finding.about in about]


def _case(name: str, status: Status, number: str, *paragraphs: Iterable[str]) -> Case:
    texts = ["\n".join(paragraph) for paragraph in paragraphs]
    return Case(name, status, "\n".join([number, *filter(None, texts)]))
