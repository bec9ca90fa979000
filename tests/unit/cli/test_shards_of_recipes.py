"""``funkqa run --shard`` and ``funkqa schedule``: which recipes are run where."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from funkqa.cli import run, schedule
from funkqa.cli.ending import Ending
from funkqa.model.errors import FunkqaError, NothingToMeasure, UsageError
from funkqa.model.measurement import Measurement
from funkqa.model.recipe import Recipe
from funkqa.store.whole import write_result
from tests.examples import measurement, step

MINUTES = {"bash": 14, "bzip2": 1, "gzip": 2, "llvm": 40, "openssl": 11, "xz": 5, "zstd": 9}
SETUP_MINUTES = 0.5
TOTAL = sum(MINUTES.values())


def recipes(folder: Path, *names: str, enabled: bool = True) -> list[Path]:
    paths = [folder / f"{name}.yaml" for name in names or MINUTES]
    for path in paths:
        flag = "" if enabled else "enabled: false\n"
        path.write_text(f"version: 1\nsummary: one\ncomponent: {path.stem}\n{flag}execute: 'true'\n")
    return paths


def result(recipe: str, seconds: float) -> Measurement:
    """Two steps that together take so long."""
    steps = [step("first", duration_s=seconds / 4), step("second", duration_s=seconds * 3 / 4)]
    return measurement(steps=steps, recipe=recipe)


def results(folder: Path) -> Path:
    for name, minutes in MINUTES.items():
        path = folder / "results" / f"{name}.funkqa"
        path.parent.mkdir(exist_ok=True)
        write_result(path, result(name, 60 * minutes))
    return folder / "results"


def ran(command: Any, *arguments: object) -> Result:
    done = CliRunner().invoke(command, [str(each) for each in arguments])
    if isinstance(done.exception, FunkqaError):
        raise done.exception
    return done


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The recipes that would have been measured."""
    found: list[str] = []

    def record(recipe: Recipe, *_: object) -> Ending:
        found.append(recipe.name)
        return Ending(recipe.name, "PASSED", "", 0)

    monkeypatch.setattr(run, "_run_one", record)
    return found


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("known", [True, False])
def test_each_recipe_runs_in_exactly_one_shard(
    tmp_path: Path, started: list[str], count: int, known: bool
) -> None:
    paths = recipes(tmp_path)
    durations = ["--durations", results(tmp_path)] if known else []
    for number in range(1, count + 1):
        ran(run.command, *paths, "--shard", f"{number}/{count}", *durations)
    assert sorted(started) == sorted(MINUTES)


def test_shards_take_the_same_time_where_durations_are_known(tmp_path: Path, started: list[str]) -> None:
    paths, durations = recipes(tmp_path), results(tmp_path)
    ran(run.command, *paths, "--shard", "1/2", "--durations", durations)
    assert abs(sum(MINUTES[name] for name in started) - TOTAL / 2) <= 1
    again = [*started]
    started.clear()
    ran(run.command, *reversed(paths), "--durations", durations, "--shard", "1/2")
    assert sorted(started) == sorted(again)


def test_recipes_of_a_shard_run_in_the_order_that_they_are_given_in(tmp_path: Path, started: list[str]) -> None:
    paths = recipes(tmp_path)[::-1]
    ran(run.command, *paths, "--shard", "1/1")
    assert started == [path.stem for path in paths]


def test_runs_that_died_and_files_that_are_none_say_nothing(tmp_path: Path, started: list[str]) -> None:
    paths, durations = recipes(tmp_path), results(tmp_path)
    write_result(durations / "died.funkqa", replace(result("bzip2", 100_000), complete=False))
    (durations / "none.funkqa").write_text("no database")
    done = ran(run.command, *paths, "--shard", "1/2", "--durations", durations)
    assert abs(sum(MINUTES[name] for name in started) - TOTAL / 2) <= 1
    assert f"{durations}/none.funkqa: it is no result file" in done.stderr


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "a/b", "1/2/3", "1.5/2"])
def test_a_shard_that_is_none_is_refused(tmp_path: Path, started: list[str], text: str) -> None:
    with pytest.raises(UsageError, match="K from 1 to N"):
        ran(run.command, *recipes(tmp_path), f"--shard={text}")
    assert started == []


def test_a_shard_without_a_recipe_is_refused(tmp_path: Path, started: list[str]) -> None:
    with pytest.raises(UsageError, match="nothing is left for it of 2 recipes") as several:
        ran(run.command, *recipes(tmp_path, "bzip2", "xz"), "--shard", "3/3")
    with pytest.raises(UsageError, match=r"nothing is left for it of 1 recipe\n") as one:
        ran(run.command, *recipes(tmp_path, "bzip2"), "--shard", "2/2")
    assert (several.value.hint, one.value.hint) == ("use at most 2 shards", "use at most 1 shard")


def test_durations_without_a_shard_are_refused(tmp_path: Path, started: list[str]) -> None:
    with pytest.raises(UsageError, match="for --shard"):
        ran(run.command, *recipes(tmp_path), "--durations", tmp_path)
    assert started == []


def jobs(done: Result) -> list[tuple[str, ...]]:
    found = yaml.safe_load(done.stdout)["job_templates"]
    return [tuple(job["settings"]["FUNKQA_RECIPES"].split(",")) for job in found.values()]


def test_a_schedule_has_jobs_of_fifteen_to_thirty_minutes(tmp_path: Path) -> None:
    done = ran(schedule.command, *recipes(tmp_path), "--durations", results(tmp_path))
    found = jobs(done)
    assert sorted(name for job in found for name in job) == sorted(MINUTES)
    assert found[0] == ("llvm",)
    for job in found[1:]:
        assert 15 <= sum(MINUTES[name] + SETUP_MINUTES for name in job) <= 30
    assert done.stderr == "funkqa: 7 recipes in 3 jobs, 86 min in all, the longest 41 min\n"
    assert done.exit_code == 0


def test_the_same_recipes_always_give_the_same_schedule(tmp_path: Path) -> None:
    paths, durations = recipes(tmp_path), results(tmp_path)
    first = ran(schedule.command, *paths, "--durations", durations).stdout
    assert ran(schedule.command, *reversed(paths), "--durations", durations).stdout == first


def test_jobs_last_as_long_as_is_said(tmp_path: Path) -> None:
    paths, durations = recipes(tmp_path), results(tmp_path)
    assert len(jobs(ran(schedule.command, *paths, "--durations", durations, "--minutes", "60-120"))) == 1
    assert len(jobs(ran(schedule.command, *paths, "--durations", durations, "--minutes", "1-2"))) == 7
    setup = ("--setup", "600")
    assert len(jobs(ran(schedule.command, *paths, "--durations", durations, *setup))) > 4


def test_without_durations_every_recipe_counts_the_same_and_that_is_told(tmp_path: Path) -> None:
    done = ran(schedule.command, *recipes(tmp_path), "--minutes", "3-5")
    assert sorted(map(len, jobs(done))) == [2, 2, 3]
    assert "no duration is known of 7 recipes: bash, bzip2, gzip, llvm, openssl, ...\n" in done.stderr


def test_disabled_recipes_are_left_out(tmp_path: Path) -> None:
    paths = recipes(tmp_path, "bzip2", "xz")
    off = recipes(tmp_path, "gzip", enabled=False)
    assert jobs(ran(schedule.command, *paths, *off)) == [("bzip2", "xz")]
    with pytest.raises(UsageError, match="no recipe is enabled"):
        ran(schedule.command, *off)


def test_the_product_the_machine_and_settings_are_those_that_are_named(tmp_path: Path) -> None:
    words = ["--distri", "sle", "--version", "16.0", "--flavor", "Online", "--arch", "s390x"]
    machine = ["--machine", "s390x-kvm", "--backend", "svirt", "--setting", "HDD_1=a=b.qcow2"]
    output = tmp_path / "jobs.yaml"
    done = ran(schedule.command, *recipes(tmp_path, "xz"), *words, *machine, "-o", output)
    assert done.stdout == ""
    found = yaml.safe_load(output.read_text())
    assert found["products"] == {
        "sle-16.0-Online-s390x": {"distri": "sle", "version": "16.0", "flavor": "Online", "arch": "s390x"}
    }
    assert found["machines"] == {"s390x-kvm": {"backend": "svirt"}}
    assert found["job_templates"]["funkqa_01"]["settings"]["HDD_1"] == "a=b.qcow2"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--minutes", "30-15"], "LEAST-MOST"),
        (["--minutes", "0-15"], "LEAST-MOST"),
        (["--minutes", "15"], "LEAST-MOST"),
        (["--setting", "HDD_1"], "KEY=VALUE"),
        (["--setting", "hdd=1"], "KEY=VALUE"),
        (["--setting", "FUNKQA_RECIPES=all"], "funkqa sets FUNKQA_RECIPES itself"),
        (["--machine", "a b"], "openQA takes"),
        (["--arch", "X86"], "openQA takes"),
        (["--distri", ""], "openQA takes"),
    ],
)
def test_what_openqa_would_not_take_is_refused(tmp_path: Path, options: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ran(schedule.command, *recipes(tmp_path, "xz"), *options)


def test_two_recipes_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with pytest.raises(UsageError, match="two recipes are called xz"):
        ran(schedule.command, *recipes(tmp_path, "xz"), *recipes(tmp_path / "other", "xz"))


def test_a_recipe_that_is_not_enabled_is_not_run(tmp_path: Path, started: list[str]) -> None:
    off = recipes(tmp_path, "bash", enabled=False)
    done = ran(run.command, *off, *recipes(tmp_path, "xz"))

    assert started == ["xz"]
    assert "bash: not run: the recipe says enabled: false" in done.stderr


def test_if_no_recipe_is_enabled_nothing_is_measured(tmp_path: Path, started: list[str]) -> None:
    with pytest.raises(NothingToMeasure, match="no recipe is enabled"):
        ran(run.command, *recipes(tmp_path, "bash", enabled=False))
    assert started == []
