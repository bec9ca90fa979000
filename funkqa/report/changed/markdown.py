"""What an update changed, as Markdown (GitHub's dialect) for a comment: the number first, the long lists cut."""

from collections.abc import Iterator

from funkqa.model.change import WANTED, Changes
from funkqa.report.changed import words
from funkqa.report.markdown import cell, code, listed, table, whole

_IMAGES, _PACKAGES, _WANTED, _OTHERS, _LIMITS = 10, 8, 30, 10, 8


def render(changes: Changes) -> str:
    """The comment with a newline at the end."""
    return "\n".join(_lines(changes)) + "\n"


def _lines(changes: Changes) -> Iterator[str]:
    yield f"### {code(words.subject(changes))}: {words.numbers(changes)}"
    if said := words.judgement(changes):
        yield from ("", f"**{said}**" if changes.failed else said)
    yield from listed("", [whole(finding) for finding in changes.findings], _LIMITS)
    packages = [f"{code(before)} -> {code(after)}" for before, after in words.packages(changes)]
    yield from listed("Packages:", packages if len(packages) > 1 else [], _PACKAGES)
    if rows := [(cell(name), *rest) for name, *rest in words.image_rows(changes)]:
        yield from table(words.columns(changes), rows, _IMAGES)
    for change, functions in words.by_change(changes):
        items = [
            f"{code(words.function_name(each))} in {code(each.image)}"
            + (f": {code(remark)}" if (remark := words.remark(each)) else "")
            for each in functions
        ]
        title = f"{len(functions):,} {words.TITLES[change]}:"
        yield from listed(title, items, _WANTED if change in WANTED else _OTHERS)
    yield from listed("Limits:", [whole(line) for line in words.limits(changes)], _LIMITS)
