"""What a step may be called: the schema's rule, for names that come from elsewhere."""

from funkqa.recipe.schema import recipe_schema
from funkqa.recipe.wording import fits


def name_fault(name: str) -> str:
    """What is wrong with it, as the end of a sentence that begins with its name; empty if nothing is."""
    rule = recipe_schema()["$defs"]["step"]["properties"]["name"]
    if len(name) > rule["maxLength"]:
        return f"has {len(name):,} characters, and may have {rule['maxLength']}"
    if not fits(rule["pattern"], name) or (not name.isascii() and _broken(name)):
        return f"is not {rule['patternErrorMessage']}"
    return ""


def shown(name: str) -> str:
    """The name as reports show it: two that differ in white space only look the same."""
    return " ".join(name.split())


def _broken(name: str) -> bool:
    """Bytes on a command line that are no UTF-8 come as half characters (PEP 383)."""
    return any("\ud800" <= each <= "\udfff" for each in name)
