"""A schedule as YAML for openQA: scenario definitions for one build, or the job templates of a job group.

Schemas: https://github.com/os-autoinst/openQA/tree/master/public/schema (JobScenarios-01.yaml,
JobTemplates-01.yaml). Jobs are numbered, so that a job keeps its name, and with it its history in openQA.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import yaml

from funkqa.model.schedule import Job, Schedule

OWN_SETTINGS = ("FUNKQA_RECIPES", "FUNKQA_EXPECTED", "FUNKQA_UPLOAD_DATA", "MAX_JOB_TIME")

_USUAL_MAX_JOB_TIME_S = 7200
"""openQA's own: OpenQA::Jobs::Constants::DEFAULT_MAX_JOB_TIME."""

_PATIENCE = 3
"""A job is ended if it takes so many times as long as expected."""

_PRIORITY = 50


def scenario_definitions(schedule: Schedule) -> str:
    """For ``openqa-cli schedule --param-file SCENARIO_DEFINITIONS_YAML=FILE``."""
    product, machine = schedule.product, schedule.machine
    name = _product_name(schedule)
    document = {
        "products": {name: {**product._asdict()}},
        "machines": {machine.name: {"backend": machine.backend}},
        "job_templates": {
            job_name: {"product": name, "machine": machine.name, "settings": settings}
            for job_name, settings in _jobs(schedule)
        },
    }
    values = " ".join(
        f"{key.upper()}={'...' if value == '*' else value}" for key, value in product._asdict().items()
    )
    use = f"openqa-cli schedule --param-file SCENARIO_DEFINITIONS_YAML=THIS_FILE {values}"
    return _written(use, document)


def job_templates(schedule: Schedule) -> str:
    """For a job group of openQA's web interface, or ``POST /api/v1/job_templates_scheduling``."""
    product = schedule.product
    name = _product_name(schedule)
    jobs = [{job_name: {"testsuite": None, "settings": settings}} for job_name, settings in _jobs(schedule)]
    document = {
        "defaults": {product.arch: {"machine": schedule.machine.name, "priority": _PRIORITY}},
        "products": {name: {"distri": product.distri, "flavor": product.flavor, "version": product.version}},
        "scenarios": {product.arch: {name: jobs}},
    }
    return _written("paste this into a job group's editor", document)


FORMS: Mapping[str, Callable[[Schedule], str]] = MappingProxyType(
    {"scenario-definitions": scenario_definitions, "job-templates": job_templates}
)


def _jobs(schedule: Schedule) -> Iterator[tuple[str, dict[str, str]]]:
    digits = max(2, len(str(len(schedule.jobs))))
    for number, job in enumerate(schedule.jobs, 1):
        yield f"funkqa_{number:0{digits}}", {**schedule.settings, **_settings(job)}


def _settings(job: Job) -> dict[str, str]:
    settings = {
        "FUNKQA_RECIPES": ",".join(job.recipes),
        "FUNKQA_EXPECTED": f"{-(-job.expected_s // 60)}m",
        "FUNKQA_UPLOAD_DATA": "1",
    }
    if _PATIENCE * job.expected_s > _USUAL_MAX_JOB_TIME_S:
        settings["MAX_JOB_TIME"] = str(_PATIENCE * job.expected_s)
    return settings


def _product_name(schedule: Schedule) -> str:
    product = schedule.product
    name = "-".join([product.distri, product.version, product.flavor, product.arch])
    return re.sub(r"[^A-Za-z0-9_.*-]", "_", name)


def _written(use: str, document: dict[str, Any]) -> str:
    body = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    return f"# Written by funkqa schedule. Use: {use}\n{body}"
