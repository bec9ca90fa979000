"""Which functions count: by demangled name, source file and image."""

import pytest

from funkqa.elf.filters import excluded
from funkqa.model.plan import SkipReason, Standing
from funkqa.model.recipe import Measure
from tests.examples import function, skipped

FUNCTIONS = (
    function("app_run", file="src/app.c"),
    function("_ZN3lib4openEi", demangled="lib::open(int)", file="lib/open.cc"),
    function("lib_close", unit="lib/close.c"),
)
NAMES = ("/usr/lib64/libapp.so.1.2", "libapp.so.1")


def left(include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> list[str]:
    found = excluded(FUNCTIONS, Measure(include=include, exclude=exclude), NAMES)
    assert all(each.standing in (Standing.PROBED, Standing.EXCLUDED) for each in found)
    return [each.demangled for each in found if each.standing is Standing.PROBED]


@pytest.mark.parametrize(
    ("include", "exclude", "probed"),
    [
        ((), (), ["app_run", "lib::open(int)", "lib_close"]),
        (("^app_",), (), ["app_run"]),
        (("^app_", "open"), (), ["app_run", "lib::open(int)"]),
        ((), ("^lib",), ["app_run"]),
        (("^lib",), ("close$",), ["lib::open(int)"]),
        (("_ZN",), (), []),
    ],
)
def test_patterns_are_searched_in_demangled_names(
    include: tuple[str, ...], exclude: tuple[str, ...], probed: list[str]
) -> None:
    assert left(include, exclude) == probed


@pytest.mark.parametrize(
    ("include", "exclude", "probed"),
    [
        (("file:^lib/",), (), ["lib::open(int)", "lib_close"]),
        ((), ("file:[.]cc$",), ["app_run", "lib_close"]),
        (("image:libapp",), (), ["app_run", "lib::open(int)", "lib_close"]),
        (("image:libother",), (), []),
        (("image:libother", "^app_"), (), ["app_run"]),
        ((), ("image:^libapp[.]so",), []),
        (("image:libapp",), ("file:^src/",), ["lib::open(int)", "lib_close"]),
    ],
)
def test_patterns_with_a_prefix_are_searched_in_files_and_images(
    include: tuple[str, ...], exclude: tuple[str, ...], probed: list[str]
) -> None:
    assert left(include, exclude) == probed


def test_an_excluded_function_is_excluded_not_skipped() -> None:
    (found,) = excluded([skipped("out", SkipReason.OUTSIDE_SEGMENTS)], Measure(exclude=("out",)), ())
    assert (found.standing, found.reason) == (Standing.EXCLUDED, None)


def test_glue_is_never_excluded() -> None:
    (found,) = excluded([function("_start", standing=Standing.GLUE)], Measure(exclude=("_start",)), ())
    assert found.standing is Standing.GLUE
