import json
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.measurement import Measurement
from funkqa.model.plan import SkipReason
from funkqa.report import jsonreport
from tests import example_runs
from tests.examples import image, measurement, skipped

RUNS = [example_runs.passed, example_runs.failed, example_runs.nothing, example_runs.hostile]


def schema() -> Any:
    return json.loads(files("funkqa.report").joinpath("coverage.schema.json").read_text("utf-8"))


def document(run: Measurement) -> Any:
    return json.loads(jsonreport.render(cover(run)))


@pytest.mark.parametrize("run", [example_runs.passed, example_runs.failed])
def test_json_is_as_the_golden_file_has_it(
    run: Callable[[], Measurement], golden: Callable[[str, str], None]
) -> None:
    golden(f"{run.__name__}.json", jsonreport.render(cover(run())))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("run", RUNS)
def test_json_is_valid_against_its_schema(run: Callable[[], Measurement]) -> None:
    jsonschema.Draft202012Validator(schema()).validate(document(run()))


@pytest.mark.parametrize("reason", list(SkipReason))
def test_the_schema_knows_every_reason_to_skip(reason: SkipReason) -> None:
    run = measurement([image(functions=[skipped("f", reason)])])
    jsonschema.Draft202012Validator(schema()).validate(document(run))


@pytest.mark.parametrize("run", RUNS)
def test_json_is_printable_ascii_and_ends_with_a_newline(run: Callable[[], Measurement]) -> None:
    rendered = jsonreport.render(cover(run()))
    assert re.fullmatch(r"[ -~\n]+\}\n", rendered)


def test_every_function_has_its_state_and_steps() -> None:
    document_ = document(example_runs.failed())
    states = {f["name"]: (f["state"], f["steps"], f["incidental"]) for f in document_["images"][0]["functions"]}
    assert states == {
        "main": ("covered", [1, 2, 3], False),
        "usage": ("missing", [], True),
        "compress": ("covered", [1], False),
        "uncompress": ("covered", [1, 2], False),
        "setInterimPermissions": ("missing", [], True),
        "cleanUpAndFail": ("covered", [2], False),
        "_start": ("glue", [], False),
        "pad": ("covered", [1], False),
        "testf": ("excluded", [], False),
        "atomic_add": ("skipped", [], False),
    }


def test_output_that_is_no_utf_8_is_spelled() -> None:
    assert document(example_runs.failed())["steps"][2]["output"].endswith("\x1b[31mbad\x1b[0m \\xff\x07\n")
