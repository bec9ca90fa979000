"""What an update changed, as a handful of test cases, never one per function."""

from collections.abc import Iterable, Iterator

from funkqa.model.change import WANTED, ChangedFunction, ChangedImage, Changes, Reach
from funkqa.report.changed import words
from funkqa.report.plain import one_line, plain, printable_ascii
from funkqa.report.testcase import Case, Status, cut, distinct, folded

_MOST_CASES = 60
_LISTED = 100


def cases(changes: Changes) -> tuple[Case, ...]:
    """One of what was compared, one for each image, one of all; the last is as the gate.

    Names are printable ASCII and distinct; texts are plain and at most 16 kB.
    """
    images = [_image(changes, image) for image in changes.images]
    every = [_compared(changes), *folded([images], _MOST_CASES - 2)[0], _total(changes)]
    names = distinct([printable_ascii(case.name) for case in every])
    return tuple(
        Case(name, case.status, cut(plain(case.text).strip()), case.time_s)
        for name, case in zip(names, every, strict=True)
    )


def _compared(changes: Changes) -> Case:
    compared = len(changes.images)
    missed = changes.minimum is not None and bool(changes.uncompared)
    rows = [f"{before} -> {after}" for before, after in words.packages(changes)]
    status = Status.FAILURE if missed else Status.SOFTFAIL if changes.uncompared else Status.SUCCESS
    number = f"{compared}/{compared + len(changes.uncompared)} ELF files compared"
    return _case("compared", status, number, rows, words.limits(changes))


def _image(changes: Changes, image: ChangedImage) -> Case:
    """Never a failure by itself: the gate is for all images together."""
    functions = [each for each in changes.functions if (each.package, each.image) == (image.package, image.image)]
    wanted = [each for each in functions if each.change in WANTED]
    others = [each for each in functions if each.change not in WANTED]
    if image.ratio is not None:
        number = f"{image.ratio.covered}/{image.ratio.total} changed and new functions executed"
        wanted.sort(key=lambda each: each.reach is Reach.COVERED)
    else:
        number = f"{len(wanted)}/{image.functions_after or 0} functions changed or new"
    return _case(f"changed: {image.image}", Status.SUCCESS, number, _list(wanted), _list(others))


def _list(functions: list[ChangedFunction]) -> Iterator[str]:
    for each in functions[:_LISTED]:
        remark = words.remark(each)
        yield f"{words.TITLES[each.change]}: {words.function_name(each)}{f' ({remark})' if remark else ''}"
    if len(functions) > _LISTED:
        yield f"and {len(functions) - _LISTED} more"


def _total(changes: Changes) -> Case:
    wanted = sum(changes.count(change) for change in WANTED)
    if changes.ratio is not None:
        number = f"{changes.ratio.covered}/{changes.ratio.total} changed and new functions executed"
    else:
        number = f"{wanted}/{sum(image.functions_after or 0 for image in changes.images)} functions changed or new"
    status = Status.FAILURE if changes.failed else Status.SUCCESS
    lines = [words.headline(changes), *filter(None, [words.judgement(changes)])]
    return _case("changed: total", status, number, lines, map(one_line, changes.findings))


def _case(name: str, status: Status, number: str, *paragraphs: Iterable[str]) -> Case:
    texts = ["\n".join(paragraph) for paragraph in paragraphs]
    return Case(name, status, "\n".join([number, *filter(None, texts)]))
