"""Who may import whom (the arrows of the architecture), read from the source with ``ast``."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
STAGES = frozenset("recipe packages debuginfo shim trace runner store report doctor".split())
BASE = frozenset(("elf", "analysis", "system"))
PURE = frozenset(("model", "elf", "analysis", "recipe", "report"))
"""Same output for the same input, on any machine and without root."""

SPINES = frozenset(("pipeline",))
"""The one layer that joins stages."""

MAY_IMPORT = {
    "cli": {"cli", "model"} | SPINES | STAGES | BASE,
    **{spine: {"model"} | SPINES | STAGES | BASE for spine in SPINES},
    **{stage: {stage, "model"} | BASE for stage in STAGES},
    **{base: {"model", base} for base in BASE},
    "model": {"model"},
    "__main__": {"cli"},
    "__init__": set(),
}
ONLY_IN = {
    "subprocess": "system",
    "multiprocessing": "system",
    "socket": "system",
    "ctypes": "system",
    "asyncio": "system",
    "bcc": "trace",
    "rpm": "packages/rpmdb.py",
    "click": "cli",
}
SYSTEM_PACKAGES = frozenset(("bcc", "rpm"))
"""From the distribution: on PyPI these names are other projects."""


class Import(NamedTuple):
    """``module`` is absolute; for ``from a import b`` it is ``a.b`` where that is a module, else ``a``."""

    path: str
    line: int
    module: str

    @property
    def importer(self) -> str:
        """The part of the package that imports: a folder, or the stem of a file beside the folders."""
        return self.path.split("/")[0].removesuffix(".py")

    @property
    def part(self) -> str:
        """The part that is imported, or ``__init__`` for the package itself."""
        return next(iter(self.module.split(".")[1:]), "__init__")

    @property
    def is_own(self) -> bool:
        return self.module.split(".")[0] == "funkqa"

    def __str__(self) -> str:
        return f"funkqa/{self.path}:{self.line} imports {self.module}"


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "funkqa").rglob("*.py")):
        yield str(path.relative_to(ROOT / "funkqa")), ast.parse(path.read_text(), str(path))


def is_module(dotted: str) -> bool:
    path = ROOT.joinpath(*dotted.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def imports() -> Iterator[Import]:
    """Every import of the package, those inside of functions too."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (Import(path, node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"funkqa/{path}:{node.lineno}: a relative import hides who imports whom"
                for alias in node.names:
                    dotted = f"{node.module}.{alias.name}"
                    own = dotted.startswith("funkqa.") and is_module(dotted)
                    yield Import(path, node.lineno, dotted if own else str(node.module))


def test_the_reader_sees_imports_inside_of_functions() -> None:
    assert any(found.module == "rpm" and found.path == "packages/rpmdb.py" for found in imports())
    assert any(found.module == "funkqa.packages.dnf" and found.importer == "packages" for found in imports())


def test_every_part_of_the_package_has_its_place_in_the_architecture() -> None:
    assert {path.split("/")[0].removesuffix(".py") for path, _ in trees()} <= MAY_IMPORT.keys()


def test_imports_follow_the_arrows() -> None:
    wrong = [
        str(found)
        for found in imports()
        if found.is_own and found.part != "__init__" and found.part not in MAY_IMPORT[found.importer]
    ]
    assert not wrong, "\n".join(wrong)


def test_pure_parts_never_import_system() -> None:
    wrong = [
        str(found)
        for found in imports()
        if found.is_own and found.part == "system" and (found.importer in PURE or found.path == "shim/plan.py")
    ]
    assert not wrong, "\n".join(wrong)


def test_verbs_that_are_loaded_by_name_are_modules_of_cli() -> None:
    tree = dict(trees())["cli/main.py"]
    strings = {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    loaded = {text for text in strings if text.startswith("funkqa.")}
    assert loaded
    assert all(text.startswith("funkqa.cli.") and is_module(text) for text in loaded), loaded


@pytest.mark.parametrize(("module", "where"), ONLY_IN.items())
def test_a_door_is_opened_in_one_place_only(module: str, where: str) -> None:
    wrong = [
        str(found)
        for found in imports()
        if found.module.split(".")[0] == module and not (found.path + "/").startswith(where + "/")
    ]
    assert not wrong, "\n".join(wrong)


def test_only_cli_prints() -> None:
    wrong = [
        f"funkqa/{path}:{node.lineno} prints"
        for path, tree in trees()
        if not path.startswith("cli/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not wrong, "\n".join(wrong)


@cache
def distributions(module: str) -> frozenset[str]:
    """Who has the module. Packages of Linux distributions may lack the list of files that says so."""
    names = packages_distributions().get(module, (module.replace("_", "-"),))
    return frozenset(name.lower() for name in names)


def test_everything_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {requirement.split(">")[0].lower() for requirement in project["dependencies"]}

    def known(module: str) -> bool:
        if module in sys.stdlib_module_names or module in SYSTEM_PACKAGES or module == "funkqa":
            return True
        return not declared.isdisjoint(distributions(module))

    wrong = [str(found) for found in imports() if not known(found.module.split(".")[0])]
    assert not wrong, "\n".join(wrong)


def test_everything_declared_is_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {requirement.split(">")[0].lower() for requirement in project["dependencies"]}
    imported = {name for found in imports() for name in distributions(found.module.split(".")[0])}
    assert declared <= imported
