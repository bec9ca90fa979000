import re
from collections.abc import Callable

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.measurement import Measurement, Outcome
from funkqa.report import text
from funkqa.report.plain import spelled
from tests import example_runs
from tests.examples import functions, image, measurement, step

RUNS = [
    example_runs.passed,
    example_runs.failed,
    example_runs.nothing,
    example_runs.exercised,
    example_runs.hostile,
    example_runs.hostile_names,
    example_runs.hostile_output,
]


def render(run: Measurement, width: int = 80) -> str:
    return text.render(cover(run), width=width)


@pytest.mark.parametrize(
    "run", [example_runs.passed, example_runs.failed, example_runs.nothing, example_runs.exercised]
)
def test_text_is_as_the_golden_file_has_it(
    run: Callable[[], Measurement], golden: Callable[[str, str], None]
) -> None:
    golden(f"{run.__name__}.txt", render(run()))


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_asked(run: Callable[[], Measurement], width: int) -> None:
    for line in render(run(), width).splitlines():
        assert len(line) <= width


@pytest.mark.parametrize("run", RUNS)
def test_without_colour_there_is_no_control_character_but_the_newline(run: Callable[[], Measurement]) -> None:
    rendered = render(run())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", rendered)
    rendered.encode()


def test_colour_changes_nothing_but_escape_sequences() -> None:
    coverage = cover(example_runs.failed())
    coloured = text.render(coverage, colour=True)
    assert "\x1b[" in coloured
    plain = "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).split("\n"))
    assert plain == text.render(coverage)


def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = render(example_runs.failed())
    for name, value in {"COLUMNS": "30", "FORCE_COLOR": "1", "TERM": "dumb", "TTY_COMPATIBLE": "1"}.items():
        monkeypatch.setenv(name, value)
    assert render(example_runs.failed()) == before


def test_the_first_line_has_the_verdict_and_the_number() -> None:
    assert render(example_runs.passed()).startswith("bzip2: PASSED  3/4 functions 75.0%\n")
    assert render(example_runs.nothing()).startswith("bzip2: NOTHING MEASURED  0/2 functions 0.0%\n")


def test_a_failed_step_shows_the_end_of_its_output() -> None:
    output = b"".join(b"line %d\n" % n for n in range(30))
    rendered = render(measurement(steps=[step("loud", Outcome.FAILED, output=output)]))
    shown = re.findall(r"\| (line \d+)$", rendered, re.MULTILINE)
    assert shown == [f"line {n}" for n in range(20, 30)]


def test_the_output_of_a_good_step_is_not_shown() -> None:
    assert "quiet" not in render(measurement(steps=[step(output=b"quiet")]))


def test_a_long_path_is_broken_in_front_of_slashes() -> None:
    path = "/usr/lib64/" + "/".join(["directory"] * 9) + "/plugin.so"
    rendered = render(measurement([image(path, functions("main", "usage"))]))
    lines = rendered.split("images\n", 1)[1].split("total", 1)[0].splitlines()[1:-1]
    columns = [line.split() for line in lines]
    assert "".join(column[0] for column in columns) == path
    assert all(column[0].startswith("/") for column in columns)


def test_a_wide_report_folds_no_line() -> None:
    rendered = render(example_runs.hostile_names(), text.WIDE)
    for name in example_runs.HOSTILE_NAMES:
        assert spelled(name)[:1900].rstrip() in rendered


def test_programs_that_were_exercised_or_never_started_are_named() -> None:
    rendered = render(example_runs.exercised())
    assert "exercised but not measured\n  /usr/bin/grep of grep: 2 starts\n  /opt/tool: 1 start\n" in rendered
    assert "programs never started\n  /usr/libexec/bzip2/helper\n  /usr/bin/bzip2recover\n" in rendered


def test_without_a_record_of_executions_no_program_is_said_to_be_unused() -> None:
    assert "never started" not in render(example_runs.failed())
