"""Drafts are recipes: whatever a package is called and says of itself, the reader takes them."""

import shlex
import subprocess
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from funkqa.model.recipe import Recipe, Respect
from funkqa.recipe.draft import ALL_EXAMPLE_LINES, EXAMPLE_LINES, Example, Facts, Program, draft
from funkqa.recipe.reader import parse_recipe

NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._+-]*", fullmatch=True)
TEXT = st.text(max_size=60)
PATHS = (
    st.text(st.characters(categories=("L", "N", "P", "S"), exclude_characters="/"), min_size=1, max_size=120)
    .map(lambda name: f"/usr/bin/{name}")
    .filter(lambda path: not path.endswith(("/.", "/..")))
)


def facts(**others: object) -> Facts:
    known = {
        "component": "bzip2",
        "nevra": "bzip2-1.0.8-1.x86_64",
        "summary": "packs",
        "programs": (Program("/usr/bin/bzip2", ("bzcat",)),),
    }
    return Facts(**{**known, **others})  # type: ignore[arg-type]


def read(given: Facts) -> Recipe:
    return parse_recipe(draft(given), Path("draft.yaml"))


def test_a_step_proposes_version_and_help_of_a_program_and_may_fail() -> None:
    (step,) = read(facts()).steps
    assert (step.name, step.result, step.duration_s) == ("bzip2", Respect.INFO, 10.0)
    assert step.script == "bzip2 --version\nbzip2 --help\n"
    assert "    # Also called bzcat.\n" in draft(facts())


def test_packages_of_the_source_are_measured_or_named() -> None:
    text = facts(also=("libbz2-1",), others=("bzip2-extra",))
    assert read(text).also == ("libbz2-1",)
    assert "not measured: bzip2-extra." in draft(text)


def test_services_suites_and_examples_are_comments() -> None:
    text = draft(
        facts(services=("a.service",), suites=("/x/tests of y",), examples=(Example("bzip2(1)", ("a b",)),))
    )
    assert "\n# services: [a.service]\n" in text
    assert "\n#   /x/tests of y\n" in text
    assert "\n# bzip2(1)\n#   a b\n" in text


def test_programs_of_one_name_are_called_by_their_paths() -> None:
    programs = (Program("/usr/bin/a"), Program("/usr/sbin/a"), Program("/usr/bin/it's"))
    steps = read(facts(programs=programs)).steps
    assert [step.name for step in steps] == ["/usr/bin/a", "/usr/sbin/a", "it's"]
    assert steps[1].script.startswith("/usr/sbin/a --version\n")
    assert steps[2].script.startswith("'it'\"'\"'s' --version\n")


def test_a_program_that_bash_has_itself_is_called_by_its_path() -> None:
    for name in ("printf", "[", "time"):
        (step,) = read(facts(programs=(Program(f"/usr/bin/{name}"),))).steps
        assert step.name == name
        assert step.script.startswith(f"{shlex.quote(f'/usr/bin/{name}')} --version\n")


def test_bash_has_no_other_builtins_and_keywords() -> None:
    known = subprocess.run(
        ["bash", "-c", "compgen -bk"], capture_output=True, text=True, check=True
    ).stdout.split()
    programs = tuple(Program(f"/usr/bin/{name}") for name in dict.fromkeys(known) if name != ".")
    steps = read(facts(programs=programs)).steps
    assert len(steps) > 50
    assert [step.name for step in steps if not step.script.lstrip("'").startswith("/usr/bin/")] == []


def test_a_library_without_a_program_is_loaded() -> None:
    (step,) = read(facts(programs=(), library="/usr/lib64/libx y.so.1")).steps
    assert step.name == "load libx y.so.1"
    assert step.script.endswith(" '/usr/lib64/libx y.so.1'\n")


def test_examples_have_a_limit_and_what_is_left_out_is_told() -> None:
    pages = [Example(f"p{number}(1)", tuple(f"line {n}" for n in range(100))) for number in range(9)]
    text = draft(facts(examples=tuple(pages)))
    assert text.count("#   line ") == ALL_EXAMPLE_LINES
    assert text.count(f"#   ... and {100 - EXAMPLE_LINES} more lines\n") == ALL_EXAMPLE_LINES // EXAMPLE_LINES
    assert "# And those of p4(1), p5(1), p6(1), p7(1), p8(1).\n" in text


def test_words_that_yaml_takes_for_values_stay_words() -> None:
    read_back = read(
        facts(component="on", summary="null", programs=(Program("/usr/bin/true"), Program("/usr/bin/1")))
    )
    assert (read_back.component, read_back.summary) == (("on",), "null")
    assert [step.name for step in read_back.steps] == ["true", "1"]


@given(
    NAMES,
    TEXT,
    st.lists(PATHS, min_size=1, max_size=5, unique_by=lambda path: path[:100]),
    st.lists(TEXT),
    st.lists(TEXT),
)
def test_whatever_a_package_says_the_draft_is_a_recipe(
    component: str, summary: str, paths: list[str], lines: list[str], suites: list[str]
) -> None:
    programs = tuple(Program(path, ("other",)) for path in paths)
    example = Example("x(1)", tuple(lines))
    given_facts = facts(
        component=component,
        nevra=summary,
        summary=summary,
        programs=programs,
        suites=tuple(suites),
        examples=(example,),
    )
    recipe = read(given_facts)
    assert recipe.component == (component,)
    assert [step.name for step in recipe.steps] == [path.rpartition("/")[2][:100] for path in paths]
