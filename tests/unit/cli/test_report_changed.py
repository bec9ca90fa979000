"""From two builds through `funkqa changed` to a report that marks what changed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from funkqa.analysis.coverage import cover
from funkqa.cli.main import program
from funkqa.cli.reports import highlighted
from funkqa.elf.image import read_function_symbols
from funkqa.model.change import Build, Changes
from funkqa.model.errors import UsageError
from funkqa.store.whole import write_result
from tests.builds import build
from tests.examples import function, image, measurement, step

TEXT = "int same(int n) { return n * 5; }\nint other(int n) { return n * %d; }\nint %s(int n) { return n / 3; }\n"


def funkqa(*arguments: object) -> Result:
    return CliRunner().invoke(program, [str(each) for each in arguments], catch_exceptions=False)


def run_of(path: Path, file: Path, *covered: str) -> Path:
    """A result of a run that measured the file and entered these functions; addresses are another build's."""
    with file.open("rb") as stream:
        names = [each.name for each in read_function_symbols(stream, "") if not each.name.startswith("_")]
    every = [function(name, vaddr=0x7000 + 16 * number) for number, name in enumerate(names)]
    hits = [number for number, each in enumerate(every) if each.name in covered]
    measured = [image(str(file), every, package="")]
    write_result(path, measurement(measured, [step("walk")], {(0, 0): hits}))
    return path


def test_what_a_real_update_changed_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNKQA_CACHE", str(tmp_path / "cache"))
    old = build(tmp_path / "old", {"one.c": TEXT % (7, "third")})
    new = build(tmp_path / "new", {"one.c": TEXT % (9, "third") + "int fresh(int n) { return n << 4; }\n"})
    changes = tmp_path / "changes.json"
    assert funkqa("changed", old, new, "--report", f"json={changes}").exit_code == 0
    result = run_of(tmp_path / "r.funkqa", new, "same", "fresh")
    done = funkqa("report", result, "--changed", changes, "--report", f"json={tmp_path}/r.json")
    assert done.exit_code == 0
    update = json.loads((tmp_path / "r.json").read_text())["update"]
    assert {each["name"]: (each["change"], each["state"]) for each in update["functions"]} == {
        "other": ("changed", "missing"),
        "fresh": ("added", "covered"),
    }
    assert update["ratio"]["percent"] == "50.0%"
    printed = funkqa("report", result, "--changed", changes).output
    assert "the update: 1 of 2 changed and new functions executed, 50.0%" in printed


def test_a_run_of_the_build_before_the_update_is_refused() -> None:
    """It executed none of the code that the update brought."""
    coverage = cover(measurement())
    before = coverage.measurement.run.packages[0].nevra
    changes = Changes(Build("old", (before,)), Build("new", ("other-2-1.x86_64",)), (), (), (), ())
    with pytest.raises(UsageError, match=f"the build before the update: {before}"):
        highlighted(coverage, changes, Path("c.json"))
