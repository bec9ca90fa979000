"""A recipe file -> Recipe, or all of its errors at once."""

import re
from pathlib import Path

from funkqa.model.errors import RecipeError, RecipeErrors
from funkqa.model.recipe import Recipe
from funkqa.recipe.build import build_recipe
from funkqa.recipe.source import read_source
from funkqa.recipe.steps import name_findings
from funkqa.recipe.validate import schema_findings

MAX_BYTES = 1 << 20


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe file. Raises RecipeErrors, also where the file can't be read."""
    return parse_recipe(_decoded(_content(path), path), path)


def parse_recipe(text: str, path: Path) -> Recipe:
    """Check the text of a recipe; ``path`` gives its name and stands in its errors. Raises RecipeErrors."""
    misnamed = _name_errors(path)
    try:
        source = read_source(text, path)
    except RecipeErrors as unread:
        raise RecipeErrors((*misnamed, *unread.errors)) from unread
    findings = [*schema_findings(source), *name_findings(source.value, source.places)]
    if errors := (*misnamed, *source.errors(findings)):
        raise RecipeErrors(errors)
    return build_recipe(source, text)


def _name_errors(path: Path) -> tuple[RecipeError, ...]:
    if re.fullmatch(r"[a-z0-9_-]+", path.stem):
        return ()
    message = f"{path.stem!r} can't be the name of a recipe"
    hint = "rename the file: only a-z, 0-9, '_' and '-' may stand before .yaml"
    return (RecipeError(message, where=str(path), hint=hint),)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise _unreadable(path, "there is no such recipe file", f"look what is there: ls {path.parent}") from error
    except IsADirectoryError as error:
        hint = f"name the recipe files in it: {path}/*.yaml"
        raise _unreadable(path, "this is a directory, not a recipe file", hint) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        hint = f"look at its owner and mode: ls -l {path}"
        raise _unreadable(path, f"the recipe file can't be read: {reason}", hint) from error
    if len(content) > MAX_BYTES:
        hint = "put long scripts and their input into files of their own"
        raise _unreadable(path, "the file is larger than 1 MiB, which no recipe is", hint)
    return content


def _decoded(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = len(content[content.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8")) + 1
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        hint = f"save it as UTF-8: iconv -f {'UTF-16' if wide else 'ISO-8859-1'} -t UTF-8 {path}"
        message = f"the byte 0x{content[error.start]:02x} is not UTF-8"
        raise RecipeErrors((RecipeError(message, where=f"{path}:{line}:{column}", hint=hint),)) from error


def _unreadable(path: Path, message: str, hint: str) -> RecipeErrors:
    return RecipeErrors((RecipeError(message, where=str(path), hint=hint),))
