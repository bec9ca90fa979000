"""Markdown, as a renderer of GitHub's dialect shows it."""

from collections.abc import Callable, Iterator
from itertools import chain

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from funkqa.analysis.coverage import cover
from funkqa.model.measurement import Measurement, Outcome
from funkqa.report import markdown
from funkqa.report.plain import spelled
from tests import example_runs
from tests.examples import execution, function, functions, image, measurement, step

RUNS = [
    example_runs.passed,
    example_runs.failed,
    example_runs.nothing,
    example_runs.exercised,
    example_runs.hostile,
    example_runs.hostile_names,
    example_runs.hostile_output,
]

every_run = pytest.mark.parametrize("run", RUNS)


def tokens(run: Measurement) -> list[Token]:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return parser.parse(markdown.render(cover(run)))


def inline(run: Measurement) -> Iterator[Token]:
    return chain.from_iterable(token.children or () for token in tokens(run))


def codes(run: Measurement) -> list[str]:
    return [token.content for token in inline(run) if token.type == "code_inline"]


def crowded() -> Measurement:
    """More of everything than a comment has room for."""
    images = [
        image(f"/usr/bin/{n}", functions(*(f"f{n}_{i}" for i in range(9))), build_id=f"{n:02x}") for n in range(30)
    ]
    steps = [step(f"step {n}", Outcome.FAILED if n % 2 else Outcome.PASSED) for n in range(40)]
    programs = [execution(f"/usr/bin/tool{n}", package="tools", measured=False) for n in range(30)]
    faults = [f"fault {n}" for n in range(30)]
    return measurement(images, steps, {(0, 0): [0]}, faults=faults, executions=programs)


@pytest.mark.parametrize("run", [example_runs.passed, example_runs.failed, example_runs.exercised])
def test_markdown_is_as_the_golden_file_has_it(
    run: Callable[[], Measurement], golden: Callable[[str, str], None]
) -> None:
    golden(f"{run.__name__}.md", markdown.render(cover(run())))


@pytest.mark.parametrize("run", [*RUNS, crowded])
def test_a_comment_has_at_most_60_lines(run: Callable[[], Measurement]) -> None:
    assert len(markdown.render(cover(run())).splitlines()) <= 60


def test_what_there_is_no_room_for_is_counted() -> None:
    rendered = markdown.render(cover(crowded()))
    for more in ("- and 42 more", "| and 22 more | | | | |", "| and 30 more | | | | |", "- and 261 more"):
        assert f"\n{more}\n" in rendered
    assert rendered.count(" and 24 more\n") == rendered.count(" and 25 more\n") == 1


@every_run
def test_no_name_becomes_mark_up(run: Callable[[], Measurement]) -> None:
    blocks = {token.type for token in tokens(run())}
    assert not blocks & {"html_block", "fence", "code_block", "blockquote_open", "hr"}
    assert {token.type for token in inline(run())} <= {"text", "code_inline", "strong_open", "strong_close"}


@every_run
def test_a_table_has_as_many_cells_in_every_row(run: Callable[[], Measurement]) -> None:
    for columns in (5,):
        cells = [token.type for token in tokens(run()) if token.type in ("tr_open", "th_open", "td_open")]
        rows = "".join("/" if kind == "tr_open" else "x" for kind in cells).split("/")[1:]
        assert set(map(len, rows)) <= {columns}
    drawn = sum(line.startswith("|") for line in markdown.render(cover(run())).splitlines())
    shown = [token.type for token in tokens(run())]
    assert shown.count("tr_open") == drawn - shown.count("table_open")


@pytest.mark.parametrize("name", example_runs.HOSTILE_NAMES)
def test_a_name_is_shown_as_it_is(name: str) -> None:
    path = f"/usr/bin/{name}"
    run = measurement([image(path, [function("f"), function("g", demangled=name)])], [step(name)], {(0, 0): [0]})
    shown = [cut(spelled(name)), cut(spelled(path))]
    found = codes(run)
    assert found.count(shown[0]) == 2
    assert found.count(shown[1]) == 1


def cut(text: str) -> str:
    return text if len(text) <= 160 else f"{text[:160]}..."


def test_failed_steps_stand_first() -> None:
    run = measurement(steps=[step("good"), step("bad", Outcome.FAILED, reason="exited 1")])
    assert codes(run).index("bad") < codes(run).index("good")


def test_the_first_line_has_the_number() -> None:
    assert markdown.render(cover(example_runs.passed())).startswith("### `bzip2`: 3/4 functions 75.0%\n")


def test_of_what_is_missing_the_largest_stand_first() -> None:
    sizes = (8, 300, 40)
    first, second = (
        image(path, [function(f"f{size}", size=size + n, vaddr=size) for size in sizes], build_id=f"{n:02x}")
        for n, path in enumerate(("/usr/bin/a", "/usr/bin/b"))
    )
    run = measurement([first, second], [step()], {(0, 0): [1]})
    rows = [line for line in markdown.render(cover(run)).splitlines() if line.startswith("- ")]
    assert rows == [
        *("- `f300` in `b`", "- `f40` in `b`", "- `f40` in `a`", "- `f8` in `b`", "- `f8` in `a`"),
    ]
    assert "\n5 functions missing, the largest first:\n" in markdown.render(cover(run))


def test_functions_of_one_name_are_told_apart() -> None:
    names = [
        function("main", file="a.c", line=7),
        function("init", local=True, unit="a.c", file="a.c", line=3),
        function("init", local=True, unit="b.c", file="b.c", line=9),
    ]
    recover = image("/usr/bin/bzip2recover", functions("main", "recover"), build_id="cd")
    several = markdown.render(cover(measurement([image(functions=names), recover], hits={(1, 0): [1]})))
    assert "- `main` in `bzip2`\n" in several
    assert "- `main` in `bzip2recover`\n" in several
    alone = markdown.render(cover(measurement([image(functions=names)], hits={(0, 0): [0]})))
    assert "- `init`, `a.c:3`\n- `init`, `b.c:9`\n" in alone


def test_a_finding_is_never_cut() -> None:
    fault = f"{'what went wrong, ' * 20}and the remedy: funkqa doctor"
    assert f"- `{fault}`\n" in markdown.render(cover(measurement(faults=[fault])))


def test_programs_that_never_ran_are_judged_by_their_functions_where_no_start_is_on_record() -> None:
    images = [image(), image("/usr/bin/bzip2recover", functions("main"), build_id="cd")]
    rendered = markdown.render(cover(measurement(images, hits={(0, 0): [0]})))
    assert (
        "\nPrograms of which no function was entered (there is no record of what was started): "
        "`/usr/bin/bzip2recover`\n"
    ) in rendered


def test_one_function_is_not_called_several() -> None:
    run = measurement([image(functions=functions("main", "usage"))], [step()], {(0, 0): [0]})
    assert "\n1 function missing:\n\n- `usage`\n" in markdown.render(cover(run))
