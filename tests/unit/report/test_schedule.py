"""Schedules for openQA, as openQA's own validator sees them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from funkqa.model.schedule import Job, Machine, Product, Schedule
from funkqa.report.schedule import FORMS, job_templates, scenario_definitions
from tests import openqa_validator
from tests.openqa_validator import with_openqa

SCHEDULE = Schedule(
    Product("opensuse", "Tumbleweed", "DVD", "x86_64"),
    Machine("64bit", "qemu"),
    {"YAML_SCHEDULE": "schedule/coverage/funkqa.yaml"},
    (Job(("gtk3", "xz"), 1500), Job(("llvm",), 5400)),
)


def complaints(text: str, form: str, folder: Path) -> Any:
    path = folder / "schedule.yaml"
    path.write_text(text, encoding="utf-8")
    return openqa_validator.complaints(path, form)


@with_openqa
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("version", ["Tumbleweed", "*", "16.0", "15"])
def test_openqa_takes_what_is_written(form: str, version: str, tmp_path: Path) -> None:
    schedule = replace(SCHEDULE, product=SCHEDULE.product._replace(version=version))
    assert complaints(FORMS[form](schedule), form, tmp_path) == []


@with_openqa
@pytest.mark.parametrize("form", FORMS)
def test_openqa_takes_hundreds_of_jobs(form: str, tmp_path: Path) -> None:
    jobs = tuple(Job(tuple(f"recipe-{n}-{k}" for k in range(20)), 1350) for n in range(150))
    assert complaints(FORMS[form](replace(SCHEDULE, jobs=jobs)), form, tmp_path) == []


@with_openqa
@pytest.mark.parametrize("form", FORMS)
def test_openqa_refuses_what_is_wrong(form: str, tmp_path: Path) -> None:
    """Or else its silence would mean nothing."""
    wrong = replace(SCHEDULE, settings={"lower case": "1"})
    assert "lower case" in " ".join(complaints(FORMS[form](wrong), form, tmp_path))


@pytest.mark.parametrize("form", FORMS)
def test_a_schedule_is_as_the_golden_file_has_it(form: str, golden: Any) -> None:
    golden(f"schedule.{form}.yaml", FORMS[form](SCHEDULE))


def test_each_job_has_its_recipes_and_the_settings_of_all() -> None:
    jobs = yaml.safe_load(scenario_definitions(SCHEDULE))["job_templates"]
    assert list(jobs) == ["funkqa_01", "funkqa_02"]
    for job, recipes in zip(jobs.values(), ["gtk3,xz", "llvm"], strict=True):
        assert job["settings"]["FUNKQA_RECIPES"] == recipes
        assert job["settings"]["YAML_SCHEDULE"] == "schedule/coverage/funkqa.yaml"
    (_, first), (_, second) = (next(iter(each.items())) for each in _templates())
    assert [first["settings"], second["settings"]] == [job["settings"] for job in jobs.values()]


def test_only_long_jobs_get_more_time_than_is_usual() -> None:
    first, second = yaml.safe_load(scenario_definitions(SCHEDULE))["job_templates"].values()
    assert "MAX_JOB_TIME" not in first["settings"]
    assert second["settings"]["MAX_JOB_TIME"] == "16200"


def _templates() -> list[dict[str, Any]]:
    (found,) = yaml.safe_load(job_templates(SCHEDULE))["scenarios"]["x86_64"].values()
    assert isinstance(found, list)
    return found
