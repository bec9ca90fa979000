"""``funkqa changed`` on files: what is refused, the gate, and how it ends."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from funkqa.cli.changed import command
from funkqa.cli.schema import schema_text
from funkqa.elf.image import read_facts, read_function_symbols
from funkqa.model.errors import FunkqaError, NothingToMeasure, ResultFileError, UsageError
from funkqa.store.whole import write_result
from tests.builds import build
from tests.compiling import tool
from tests.examples import function, image, measurement, step

TEXT = "int same(int n) { return n * 5; }\nint other(int n) { return n * %d; }\nint %s(int n) { return n / 3; }\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNKQA_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    top = tmp_path_factory.mktemp("builds")
    old = build(top / "old", {"one.c": TEXT % (7, "third")})
    new = build(top / "new", {"one.c": TEXT % (9, "third") + "int fresh(int n) { return n << 4; }\n"})
    return old, new


def funkqa(*arguments: object) -> Result:
    result = CliRunner().invoke(command, [str(each) for each in arguments])
    if isinstance(result.exception, FunkqaError):
        raise result.exception
    return result


def run_of(path: Path, file: Path, *covered: str) -> Path:
    """A result of a run that measured the file and entered these functions."""
    with file.open("rb") as stream:
        build_id = read_facts(stream, "").build_id
        symbols = [symbol for symbol in read_function_symbols(stream, "") if not symbol.name.startswith("_")]
    every = [function(symbol.name, vaddr=symbol.vaddr) for symbol in symbols]
    hits = [number for number, each in enumerate(every) if each.name in covered]
    measured = [replace(image(str(file), every, package=""), build_id=build_id)]
    write_result(path, measurement(measured, [step("walk")], {(0, 0): hits}))
    return path


def test_what_changed_is_told_and_is_no_failure(builds: tuple[Path, Path]) -> None:
    result = funkqa(*builds)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].endswith(": 1 of 3 functions changed, 1 new, 0 removed, 0 moved")
    assert " other one.c:2 " in " ".join(result.stdout.replace(f"{builds[1].parent}/", "").split())


def test_a_file_compared_with_itself_has_no_changes(builds: tuple[Path, Path]) -> None:
    assert ": 0 of 3 functions changed, 0 new, 0 removed, 0 moved" in funkqa(builds[0], builds[0]).stdout


@pytest.mark.parametrize(
    ("covered", "minimum", "code"),
    [(("other", "fresh"), "100%", 0), (("other",), "50%", 0), (("other",), "50.1%", 1), (("same",), "80%", 1)],
)
def test_the_gate_asks_for_the_changed_functions_that_a_run_executed(
    covered: tuple[str, ...], minimum: str, code: int, builds: tuple[Path, Path], tmp_path: Path
) -> None:
    run = run_of(tmp_path / "run.funkqa", builds[1], *covered)
    report = tmp_path / "changed.json"
    result = funkqa(*builds, "--result", run, "--minimum-changed", minimum, "--report", f"json={report}")
    assert (result.exit_code, result.stdout) == (code, "")
    document = json.loads(report.read_text())
    jsonschema.validate(document, json.loads(schema_text("changed")))
    assert document["ratio"]["covered"] == len({*covered} & {"other", "fresh"})
    assert document["failed"] == bool(code)


def test_a_run_of_the_old_build_is_refused(builds: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="other build IDs"):
        funkqa(*builds, "--result", run_of(tmp_path / "run.funkqa", builds[0]))


def test_a_result_that_is_none_is_refused(builds: tuple[Path, Path]) -> None:
    with pytest.raises(ResultFileError):
        funkqa(*builds, "--result", builds[0])


def test_a_minimum_without_a_run_is_refused(builds: tuple[Path, Path]) -> None:
    with pytest.raises(UsageError, match="no run is named"):
        funkqa(*builds, "--minimum-changed", "80%")


@pytest.mark.parametrize("text", ["80", "0.8", "101%", "-1%", "%", "1e1%"])
def test_a_minimum_that_is_no_percentage_is_refused(text: str, builds: tuple[Path, Path]) -> None:
    with pytest.raises(UsageError, match="0% to 100%"):
        funkqa(*builds, "--result", "x", f"--minimum-changed={text}")


def test_what_cannot_be_read_is_refused(builds: tuple[Path, Path], tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no program")
    with pytest.raises(UsageError, match="neither an ELF file nor an RPM package"):
        funkqa(builds[0], text)
    with pytest.raises(UsageError, match="No such file"):
        funkqa(tmp_path / "absent", builds[1])
    with pytest.raises(UsageError, match="it holds no RPM package"):
        funkqa(tmp_path, tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        funkqa(*builds, "--repo", tmp_path / "absent")


def test_files_without_symbols_cannot_be_compared(builds: tuple[Path, Path], tmp_path: Path) -> None:
    stripped = tmp_path / "stripped.so"
    tool("strip", "-o", str(stripped), str(builds[1]))
    with pytest.raises(NothingToMeasure) as caught:
        funkqa(builds[0], stripped)
    assert "new build: its functions' names aren't known: install what provides debuginfo(build-id) = " in str(
        caught.value
    )
