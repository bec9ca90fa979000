"""A release made of real results: what its report sums up, and a schedule for it that openQA takes."""

import json
from pathlib import Path

import pytest

from funkqa.model.errors import ResultFileError
from funkqa.model.measurement import Measurement
from funkqa.model.plan import Standing
from funkqa.model.recipe import Phase
from funkqa.store.reader import read_result
from tests.bench import release as simulated
from tests.e2e.comparing import Lab
from tests.openqa_validator import complaints, with_openqa

PACKAGES = 60


@pytest.fixture(scope="module")
def folders(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """Three releases, the oldest first."""
    real = tuple(lab.pair(name)[0] for name in ("bzip2", "gzip"))
    folder = tmp_path_factory.mktemp("release")
    assert sum(simulated.written((folder, real, number)) for number in range(PACKAGES)) > 5_000
    return tuple(folder / str(number) for number in range(simulated.RELEASES))


def whole(folder: Path) -> dict[str, Measurement]:
    """The results of a release by their recipe, but those that are damaged or not whole."""
    found = {}
    for path in folder.glob("*.funkqa"):
        try:
            run = read_result(path)
        except ResultFileError:
            continue
        if run.complete:
            found[run.run.recipe] = run
    return found


def functions(run: Measurement) -> tuple[int, int]:
    """Those that an execute step entered, and all that count."""
    entered = total = 0
    execute = [number for number, step in enumerate(run.steps) if step.phase is Phase.EXECUTE]
    for number, image in enumerate(run.images):
        bits = [run.hits.get((number, step), 0) for step in execute]
        for index, function in enumerate(image.functions):
            total += function.standing in (Standing.PROBED, Standing.SKIPPED)
            entered += function.standing is Standing.PROBED and any(each >> index & 1 for each in bits)
    return entered, total


def test_the_totals_are_the_sums_of_the_functions_of_all_packages(
    folders: tuple[Path, ...], lab: Lab, tmp_path: Path
) -> None:
    done = lab.funkqa("release", *map(str, folders), "-o", str(tmp_path / "release.json"))
    assert done.returncode in (0, 1), done.stderr
    found = json.loads((tmp_path / "release.json").read_text())
    runs = [whole(folder) for folder in folders]
    both = runs[-2].keys() & runs[-1].keys()
    for side, of in (("before", runs[-2]), ("after", runs[-1])):
        counts = [functions(of[name]) for name in both]
        told = found[side]
        assert (told["covered"], told["total"]) == (
            sum(each[0] for each in counts),
            sum(each[1] for each in counts),
        )
    assert [each["packages"] for each in found["releases"]] == [len(of) for of in runs]
    assert sum(found["counts"][each] for each in ("worse", "better", "same")) == len(both)
    named = {path.stem for folder in folders[-2:] for path in folder.glob("*.funkqa")}
    assert {each["recipe"] for each in found["packages"]} == named


@with_openqa
def test_openqa_takes_a_schedule_for_all_its_recipes(folders: tuple[Path, ...], lab: Lab, tmp_path: Path) -> None:
    real = tuple(lab.pair(name)[0] for name in ("bzip2", "gzip"))
    recipes = simulated.recipes_of(tmp_path / "recipes", real, PACKAGES)
    for form in ("scenario-definitions", "job-templates"):
        path = tmp_path / f"{form}.yaml"
        options = ("--durations", str(folders[-1]), "--as", form, "-o", str(path), "--minutes", "1-5")
        done = lab.funkqa("schedule", *recipes, *options)
        assert done.returncode == 0, done.stderr
        assert complaints(path, form) == []
        text = path.read_text()
        assert all(text.count(Path(recipe).stem) == 1 for recipe in recipes)
