"""A comparison as Markdown (GitHub's dialect) for a comment: the number first, the long lists cut."""

from collections.abc import Iterator

from funkqa.model.comparison import Change, Comparison, Judgement
from funkqa.report.comparison import words
from funkqa.report.markdown import cell, code, listed, table, whole

_MARKS = {Judgement.PASSED: "passed", Judgement.SOFTFAIL: "**softfail**", Judgement.FAILED: "**failed**"}
_FINDINGS, _DIFFERENCES, _IMAGES, _STEPS = 8, 10, 10, 15
_LOST, _OTHERS = 20, 5


def render(comparison: Comparison) -> str:
    """The comment with a newline at the end."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield f"### {whole(words.headline(comparison))}"
    yield from ("", f"{_MARKS[comparison.judgement]}: {words.explanation(comparison)}")
    findings = [whole(finding.text) for finding in comparison.findings]
    yield from listed("", findings, _FINDINGS)
    yield from listed("Notes:", [whole(note) for note in comparison.notes], _FINDINGS)
    if comparison.baselines:
        names = [f"{code(side.name)} ({side.ratio})" for side in comparison.baselines]
        yield from ("", f"Baseline{'s' if len(names) > 1 else ''}: {', '.join(names)}; now {comparison.new.ratio}")
    differences = [f"{cause.value}: {code(text)}" for cause, text in words.differences(comparison)]
    yield from listed("Differences:", differences, _DIFFERENCES)
    if rows := [(cell(name), *rest) for name, *rest in words.image_rows(comparison)]:
        yield from table(words.IMAGE_COLUMNS, rows, _IMAGES)
    for change, functions in words.changed(comparison):
        items = [
            f"{code(words.function_name(each))} in {code(each.image)}: "
            f"{code(words.remark(each, len(comparison.baselines)))}"
            for each in functions
        ]
        title = f"{len(functions)} {words.TITLES[change]}:"
        yield from listed(title, items, _LOST if change is Change.LOST else _OTHERS)
    if rows := [(cell(name), *rest) for name, *rest in words.step_rows(comparison, worst_first=True)]:
        yield from table(words.STEP_COLUMNS, rows, _STEPS)
    refused = [f"{code(file.name)}: {whole(file.reason)}" for file in comparison.refused]
    yield from listed("Files that take no part:", refused, _FINDINGS)
