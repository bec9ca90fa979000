"""Source text for the page, and the functions that are declared in it."""

from collections.abc import Mapping, Sequence

from funkqa.report.html.bodies import bodies
from funkqa.report.html.columns import Json, SourceKey
from funkqa.report.html.literal import literal_lines


def listing(sources: Mapping[SourceKey, str], keys: Sequence[SourceKey], rows: Json) -> list[Json]:
    """For each file its text and ``[first line, last line, rows]`` of each body, in the order of ``keys``.

    ``rows`` are the columns of the function table, in which file ``n + 1`` is ``keys[n]``. Several functions may
    be declared on one line: instances of a template, or a static function of a header in several images.
    """
    declared: list[dict[int, list[int]]] = [{} for _ in keys]
    for row, (file, line) in enumerate(zip(rows["file"], rows["line"], strict=True)):
        if 0 < file <= len(keys) and line:
            declared[file - 1].setdefault(line, []).append(row)
    return [_file(sources[key], lines) for key, lines in zip(keys, declared, strict=True)]


def _file(text: str, declared: Mapping[int, list[int]]) -> Json:
    shown = literal_lines(text)
    found = bodies(shown, declared)
    return {"text": shown, "bodies": [[body.first, body.last, declared[line]] for line, body in found.items()]}
