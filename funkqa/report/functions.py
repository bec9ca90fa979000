"""The inventory of ELF files as text, JSON and CSV: every function, and those that exist only inlined."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from textwrap import wrap
from types import MappingProxyType

from funkqa.model.plan import Function, Image, Inlined, ProbePlan, Standing
from funkqa.report.facts import debug_note
from funkqa.report.jsonreport import dumped
from funkqa.report.plain import spelled
from funkqa.report.table import cell

SCHEMA = "funkqa/functions/1"
INLINED = "inlined"
"""How functions stand that exist only inlined, beside the values of Standing."""

COLUMNS = (
    *("package", "image", "role", "debug", "standing", "reason", "name", "demangled", "unit", "file", "line"),
    *("address", "size"),
)
_WIDTH = 80


def render_text(plan: ProbePlan) -> str:
    """For each image its counts, and a line for each function; two where they don't fit."""
    return "\n".join(_lines(plan)) + "\n"


def render_csv(plan: ProbePlan) -> str:
    """A header and a row for each function (RFC 4180); ``address`` is hexadecimal, ``size`` in bytes."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for image in plan.images:
        about = (cell(image.package), cell(image.path), image.role.value, image.debug.value)
        for each in image.functions:
            reason = each.reason.value if each.reason else ""
            row = (each.standing.value, reason, *_names(each), f"{each.vaddr:#x}", each.size)
            writer.writerow((*about, *row))
        for gone in image.inlined:
            writer.writerow((*about, INLINED, "", *_names(gone), "", ""))
    return text.getvalue()


def _names(each: Function | Inlined) -> tuple[object, ...]:
    """What others have written."""
    return (cell(each.name), cell(each.demangled), cell(each.unit), cell(each.file), each.line or "")


def render_json(plan: ProbePlan) -> str:
    """The inventory in the form of ``functions.schema.json``."""
    document = {
        "schema": SCHEMA,
        "images": [
            {
                "package": image.package,
                "arch": image.arch,
                "path": image.path,
                "links": list(image.links),
                "role": image.role.value,
                "soname": image.soname,
                "build_id": image.build_id,
                "debug": image.debug.value,
                "debug_package": image.debug_package,
                "counts": _counts(image),
                "functions": [_function(each) for each in image.functions],
                "inlined": [
                    {"name": each.name, "demangled": each.demangled, "file": each.file, "line": each.line}
                    for each in image.inlined
                ],
            }
            for image in plan.images
        ],
        "unmeasured": [
            {"package": file.package, "path": file.path, "reason": file.reason} for file in plan.unmeasured
        ],
    }
    return dumped(document, indent=1) + "\n"


FORMATS: Mapping[str, Callable[[ProbePlan], str]] = MappingProxyType(
    {"text": render_text, "json": render_json, "csv": render_csv}
)


def _function(function: Function) -> dict[str, object]:
    return {
        "name": function.name,
        "aliases": list(function.names[1:]),
        "symbol": function.symbol,
        "demangled": function.demangled,
        "local": function.local,
        "unit": function.unit,
        "file": function.file,
        "line": function.line,
        "ordinal": function.ordinal,
        "vaddr": function.vaddr,
        "size": function.size,
        "standing": function.standing.value,
        "reason": function.reason.value if function.reason else None,
    }


def _counts(image: Image) -> dict[str, int]:
    standing = Counter(function.standing for function in image.functions)
    return {kind.value: standing[kind] for kind in Standing} | {INLINED: len(image.inlined)}


def _lines(plan: ProbePlan) -> Iterator[str]:
    for image in plan.images:
        package = f", of {spelled(image.package)}" if image.package else ""
        symbols = f"{image.debug.value}{f' of {spelled(image.debug_package)}' if image.debug_package else ''}"
        yield f"{spelled(image.path)}: {image.role.value}{package}; symbols: {symbols}"
        counts = (f"{count:,} {kind}" for kind, count in _counts(image).items() if count and kind != INLINED)
        if not image.debug.complete:
            yield from wrap(debug_note(image), _WIDTH, initial_indent="  ", subsequent_indent="  ")
        yield f"  {len(image.functions):,} functions: {', '.join(counts) or 'none'}"
        if image.inlined:
            yield f"  {len(image.inlined):,} more exist only inlined, which can't be measured"
        for function in image.functions:
            reason = f" ({function.reason.value})" if function.reason else ""
            yield from _row(function.standing.value, function, reason)
        for gone in image.inlined:
            yield from _row(INLINED, gone, "")
        yield ""
    for file in plan.unmeasured:
        yield f"{spelled(file.path)}: not measured: {spelled(file.reason)}"
    functions = sum(len(image.functions) for image in plan.images)
    inlined = sum(len(image.inlined) for image in plan.images)
    files = f"{len(plan.images):,} ELF file{'' if len(plan.images) == 1 else 's'}"
    yield f"total: {functions:,} functions of {files}, {inlined:,} more only inlined"


def _row(standing: str, function: Function | Inlined, reason: str) -> Iterator[str]:
    name = f"  {standing:<8}  {spelled(function.demangled)}"
    place = f"{spelled(function.file)}:{function.line}" if function.file else ""
    note = f"{place}{reason}".strip()
    if not note:
        yield name
    elif len(name) + 2 + len(note) <= _WIDTH:
        yield f"{name}  {note}"
    else:
        yield name
        yield f"{'':<14}{note}"
