"""LCOV tracefiles, read by lcov and genhtml 1 and 2: those of ``make lcov``, or those that are installed."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.coverage import Coverage, Ratio
from funkqa.model.measurement import Measurement
from funkqa.report import lcov
from tests import example_runs
from tests.examples import function, image, measurement, package, step

RUNS = [
    example_runs.passed,
    example_runs.failed,
    example_runs.nothing,
    example_runs.exercised,
    example_runs.hostile,
    example_runs.hostile_names,
    example_runs.hostile_output,
]
FETCHED = Path(__file__).parents[3] / ".cache/lcov"

every_run = pytest.mark.parametrize("run", RUNS)


class Reader(NamedTuple):
    """One version of lcov and genhtml."""

    version: str
    lcov: str
    genhtml: str

    def summary(self, *tracefiles: Path) -> Ratio:
        """The functions that lcov counts in all of the files together."""
        added = [option for path in tracefiles for option in ("--add-tracefile", str(path))]
        options = added if len(tracefiles) > 1 else ["--summary", str(tracefiles[0])]
        if added:
            options += ["--output-file", str(tracefiles[0].with_suffix(f".sum{self.version}"))]
        said = ran(self.lcov, *options)
        counts = re.search(r"functions\.*: [0-9.]+% \(([0-9]+) of ([0-9]+) functions?\)", said)
        assert counts, said
        hit, found = map(int, counts.groups())
        return Ratio(covered=hit, missing=found - hit)

    def pages(self, tracefile: Path, into: Path, *options: str) -> str:
        said = ran(self.genhtml, "--quiet", *options, "--output-directory", str(into), str(tracefile))
        assert (into / "index.html").exists(), said
        return said


def ran(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8", errors="replace")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def find(version: str) -> Reader | None:
    fetched = FETCHED / version / "bin"
    if (FETCHED / "ready").exists():
        return Reader(version, str(fetched / "lcov"), str(fetched / "genhtml"))
    installed, pages = shutil.which("lcov"), shutil.which("genhtml")
    if installed and pages and f"version {version}." in ran(installed, "--version"):
        return Reader(version, installed, pages)
    return None


@pytest.fixture(params=["1", "2"])
def reader(request: pytest.FixtureRequest) -> Reader:
    found = find(request.param)
    if found is None:
        wanted = f"lcov {request.param} isn't there: make lcov"
        if os.environ.get("FUNKQA_REQUIRE_KERNEL") and (Path("/etc/debian_version").exists()):
            pytest.fail(wanted)
        pytest.skip(wanted)
    return found


def counted(coverage: Coverage) -> Ratio:
    """As LCOV knows it: what is skipped is missing."""
    ratio = coverage.ratio
    return Ratio(covered=ratio.covered, missing=ratio.missing + ratio.skipped)


def written(coverage: Coverage, folder: Path, name: str = "funkqa.info") -> Path:
    path = folder / name
    path.write_text(lcov.render(coverage), encoding="utf-8")
    return path


@pytest.mark.parametrize("run", [example_runs.passed, example_runs.failed, example_runs.exercised])
def test_lcov_is_as_the_golden_file_has_it(
    run: Callable[[], Measurement], golden: Callable[[str, str], None]
) -> None:
    golden(f"{run.__name__}.info", lcov.render(cover(run())))


@every_run
def test_lcov_counts_the_functions_of_the_ratio(
    run: Callable[[], Measurement], reader: Reader, tmp_path: Path
) -> None:
    coverage = cover(run())
    assert reader.summary(written(coverage, tmp_path)) == counted(coverage)


def test_lcov_adds_what_two_runs_entered(reader: Reader, tmp_path: Path) -> None:
    images = [image(functions=[function(name, file="a.c", line=n) for n, name in enumerate("abcd", 1)])]
    one = measurement(images, [step("one")], {(0, 0): [0, 1]})
    other = measurement(images, [step("other")], {(0, 0): [1, 2]})
    files = [written(cover(run), tmp_path, f"{n}.info") for n, run in enumerate((one, other))]
    assert reader.summary(*files) == Ratio(covered=3, missing=1)


def test_genhtml_shows_sources_and_every_step(reader: Reader, tmp_path: Path) -> None:
    """The sources that the result holds, laid where they are wanted, as somebody would without -debugsource."""
    run = example_runs.exercised()
    for (_, file), text in run.sources.items():
        (tmp_path / file).write_text(text)
    tracefile = written(cover(run), tmp_path)
    kept = [record for record in records(tracefile.read_text()) if "/usr/src/debug/" in record]
    moved = "".join(kept).replace("/usr/src/debug/bzip2-1.0.8-5.1.x86_64", str(tmp_path))
    tracefile.write_text(moved)
    reader.pages(tracefile, tmp_path / "html", "--show-details")
    pages = {path.name: path.read_text(errors="replace") for path in (tmp_path / "html").rglob("*.html")}
    assert "static int pad()" in pages["bzip2.c.gcov.html"]
    assert "_ZN2bz3maxIlEET_S1_S1_" in "".join(pages[name] for name in pages if name.startswith("stream.h.func"))
    assert any("step_2_every_block_size" in page for page in pages.values())


def test_a_step_that_entered_nothing_is_a_test_all_the_same(reader: Reader, tmp_path: Path) -> None:
    a = image(functions=[function(name, file=str(tmp_path / "a.c"), line=n) for n, name in enumerate("ab", 1)])
    (tmp_path / "a.c").write_text("int a() {}\nint b() {}\n")
    coverage = cover(measurement([a], [step("busy"), step("idle")], {(0, 0): [1]}))
    tracefile = written(coverage, tmp_path)
    assert "TN:step_2_idle\n" in tracefile.read_text()
    assert reader.summary(tracefile) == Ratio(covered=1, missing=1)
    reader.pages(tracefile, tmp_path / "html", "--show-details")
    shown = "".join(path.read_text(errors="replace") for path in (tmp_path / "html").rglob("*.html"))
    assert "step_1_busy" in shown  # genhtml names the tests that entered something
    copied = tmp_path / "copied.info"
    ran(reader.lcov, "--add-tracefile", str(tracefile), "--output-file", str(copied))
    assert set(re.findall("^TN:(.+)", copied.read_text(), re.MULTILINE)) == {"step_1_busy", "step_2_idle"}


@pytest.mark.parametrize("run", [example_runs.failed, example_runs.hostile_names])
def test_genhtml_needs_no_sources(run: Callable[[], Measurement], reader: Reader, tmp_path: Path) -> None:
    options = {"1": (), "2": ("--synthesize-missing",)}[reader.version]
    reader.pages(written(cover(run()), tmp_path), tmp_path / "html", "--ignore-errors", "source", *options)
    scripts = Scripts()
    for path in (tmp_path / "html").rglob("*.html"):
        scripts.feed(path.read_text(encoding="utf-8", errors="replace"))
    assert "alert(1)" not in scripts.found


class Scripts(HTMLParser):
    """The texts of all script elements."""

    found = ""

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script":
            self.found += data


def records(text: str) -> Iterator[str]:
    return (f"{record}end_of_record\n" for record in text.split("end_of_record\n") if record)


@every_run
def test_a_hit_is_0_or_1_and_no_line_is_of_another_kind(run: Callable[[], Measurement]) -> None:
    rendered = lcov.render(cover(run()))
    assert set(re.findall(r"^(?:FNDA|DA):(?:[0-9]+,(?=[01]$))?([0-9]+)", rendered, re.MULTILINE)) <= {"0", "1"}
    kinds = r"TN:\w*|SF:/.*|FN:[1-9][0-9]*,[^,]+|FNDA:[01],[^,]+|FN[FH]:[0-9]+|L[FH]:[0-9]+|DA:[1-9][0-9]*,[01]"
    for line in rendered.split("\n")[:-1]:
        assert re.fullmatch(f"{kinds}|end_of_record", line), line
        assert line.isprintable()


def test_a_function_outside_the_ratio_is_not_listed() -> None:
    rendered = lcov.render(cover(example_runs.failed()))
    assert "_start" not in rendered
    assert "testf" not in rendered


def test_a_source_lies_where_debugsource_installs_it() -> None:
    a = image(
        "/usr/bin/a", [function("f", file="lib/f.c", line=1), function("g", file="/usr/include/g.h", line=2)]
    )
    assert re.findall("^SF:(.*)", lcov.render(cover(measurement([a], [], {}))), re.MULTILINE) == [
        "/usr/include/g.h",
        "/usr/src/debug/bzip2-1.0.8-5.1.x86_64/lib/f.c",
    ]
    loose = measurement([a], hits={}, packages=[package("", "other")])
    assert "\nSF:/usr/src/debug/lib/f.c\n" in lcov.render(cover(loose))


def test_functions_of_one_name_in_a_file_stay_apart() -> None:
    functions = [function(name, file="a.h", line=4) for name in ("f", "f", "f#2")]
    rendered = lcov.render(cover(measurement([image(functions=functions)], hits={(0, 0): [1]})))
    assert re.findall("^FNDA:(.*)", rendered, re.MULTILINE) == ["0,f", "0,f#2", "0,f#2#2", "1,f#2"]


@pytest.mark.parametrize(
    ("name", "told"),
    [("every block size", "step_3_every_block_size"), ("\u20ac,diff", "step_3_diff"), ("", "step_3")],
)
def test_a_test_has_a_name_that_lcov_does_not_change(name: str, told: str) -> None:
    assert lcov.test_name(3, name) == told
