"""What an update changed, as JSON, ``funkqa/changed/1``; its schema is in ``changed.schema.json``."""

from funkqa.model.change import Build, ChangedFunction, ChangedImage, Changes, CodeChange
from funkqa.report.changed import words
from funkqa.report.jsonreport import Json, ratio_of, written

SCHEMA = "funkqa/changed/1"


def render(changes: Changes) -> str:
    """The document in printable ASCII, with a newline at the end; a record of plain values stands on one line."""
    return f"{written(_document(changes))}\n"


def _document(changes: Changes) -> Json:
    return {
        "schema": SCHEMA,
        "headline": words.headline(changes),
        "old": _build(changes.old),
        "new": _build(changes.new),
        "counts": {change.value: changes.count(change) for change in CodeChange},
        "results": list(changes.results),
        "ratio": changes.ratio and ratio_of(changes.ratio),
        "minimum": None if changes.minimum is None else float(changes.minimum),
        "failed": changes.failed,
        "findings": list(changes.findings),
        "images": [_image(image) for image in changes.images],
        "functions": [_function(function) for function in changes.functions],
        "uncompared": [
            {"package": file.package, "path": file.path, "reason": file.reason} for file in changes.uncompared
        ],
        "notes": list(changes.notes),
    }


def _build(build: Build) -> Json:
    return {"name": build.name, "packages": list(build.packages)}


def _image(image: ChangedImage) -> Json:
    return {
        "package": image.package,
        "image": image.image,
        "moved_from": image.moved_from,
        "arch": image.arch,
        "compared": image.compared.value,
        "debug": image.debug.value,
        "functions_before": image.functions_before,
        "functions_after": image.functions_after,
        "counts": {change.value: image.counts[change] for change in CodeChange},
        "ratio": image.ratio and ratio_of(image.ratio),
    }


def _function(function: ChangedFunction) -> Json:
    return {
        "change": function.change.value,
        "package": function.package,
        "image": function.image,
        "name": function.name,
        "linkage_name": function.linkage_name,
        "moved_from": function.moved_from,
        "file": function.file,
        "line": function.line,
        "size_before": function.size_before,
        "size_after": function.size_after,
        "reach": function.reach.value if function.reach else None,
        "steps": list(function.steps),
    }
