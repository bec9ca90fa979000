"""What to test next: largest first, in words that say what to do."""

from collections.abc import Callable

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.measurement import Measurement
from funkqa.model.recipe import Phase
from funkqa.report.suggest import areas, suggestions
from tests import example_runs
from tests.examples import execution, function, functions, image, measurement, skipped, step

RUNS = [
    example_runs.passed,
    example_runs.failed,
    example_runs.nothing,
    example_runs.exercised,
    example_runs.hostile,
    example_runs.hostile_names,
]


def run() -> Measurement:
    """Two programs of which one never runs, a library and one that nobody uses, and a source file of both."""
    program = image(
        functions=[
            function("main", size=100, file="bzip2.c"),
            function("usage", size=300, file="bzip2.c"),
            function("license", size=70, file="bzip2.c"),
            function("xmalloc", size=40, file="shared.c"),
        ]
    )
    library = image(
        "/usr/lib64/libbz2.so.1.0.8",
        [
            function("BZ2_compress", size=2000, file="compress.c"),
            function("BZ2_decompress", size=1000, file="decompress.c"),
            function("xmalloc", size=40, file="shared.c"),
            function("nobody_knows_where", size=8),
            skipped("atomic_add"),
        ],
        soname="libbz2.so.1",
    )
    unused = image("/usr/lib64/libunused.so.2", functions("a", "b"), soname="libunused.so.2")
    idle = image("/usr/bin/bzip2recover", functions("main", "readError"))
    return measurement(
        [program, library, unused, idle],
        [step("input", phase=Phase.PREPARE), step("help")],
        {(0, 0): [0], (0, 1): [0], (1, 0): [0]},
        executions=[execution(step=1)],
    )


def test_suggestions_are_as_the_golden_file_has_them(golden: Callable[[str, str], None]) -> None:
    golden("suggest.txt", suggestions(cover(run())))


def test_areas_are_source_files_with_most_code_first() -> None:
    told = [(area.file, area.size, len(area.missing), area.total) for area in areas(cover(run()))]
    assert told == [
        ("compress.c", 2000, 1, 1),
        ("decompress.c", 1000, 1, 1),
        ("bzip2.c", 370, 2, 3),
        ("shared.c", 80, 2, 2),
        ("", 8, 1, 2),
    ]


def test_a_file_of_several_images_names_each_function_once() -> None:
    (shared,) = (area for area in areas(cover(run())) if area.file == "shared.c")
    assert [image.path for image in shared.images] == ["/usr/bin/bzip2", "/usr/lib64/libbz2.so.1.0.8"]
    told = suggestions(cover(run()))
    assert "shared.c (bzip2 and 1 more image): 2 of 2 functions never entered, 80 bytes\n      xmalloc\n" in told


def test_what_never_ran_is_told_as_a_program_and_not_as_source_files() -> None:
    told = suggestions(cover(run()))
    assert "no step runs /usr/bin/bzip2recover: 2 functions, 64 bytes" in told
    assert "no step uses /usr/lib64/libunused.so.2: 2 functions, 64 bytes" in told
    assert "readError" not in told


def test_at_most_ten_files_and_ten_functions_of_each_are_named() -> None:
    many = [function(f"f{n}_{m}", size=1000 - n, file=f"file{n:02}.c") for n in range(13) for m in range(12)]
    told = suggestions(cover(measurement([image(functions=[function(), *many])], [step()], {(0, 0): [0]})))
    assert [f"file{n:02}.c" in told for n in range(13)] == [True] * 10 + [False] * 3
    assert told.count("f0_") == 10
    assert told.count("and 2 more\n") == 10
    assert told.endswith(f"    and 3 more files: 36 functions, {12 * (990 + 989 + 988):,} bytes\n")


def test_where_everything_ran_there_is_nothing_to_suggest() -> None:
    whole = measurement([image(functions=functions("main"))], [step()], {(0, 0): [0]})
    assert suggestions(cover(whole)) == "what to test next\n  nothing: every function with a probe was entered\n"


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("width", [40, 80])
def test_no_line_is_wider_than_asked_and_all_can_be_printed(run: Callable[[], Measurement], width: int) -> None:
    for line in suggestions(cover(run()), width).splitlines():
        assert len(line) <= width
        assert line.isprintable()
