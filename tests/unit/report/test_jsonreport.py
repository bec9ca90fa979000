import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.measurement import Measurement, Shard, ShardState
from funkqa.model.plan import DebugFileStatus, SkipReason
from funkqa.model.recipe import Phase
from funkqa.report import jsonreport
from funkqa.report.plain import encodable
from tests import example_runs
from tests.examples import image, measurement, skipped

RUNS = [
    example_runs.passed,
    example_runs.failed,
    example_runs.nothing,
    example_runs.exercised,
    example_runs.hostile,
    example_runs.hostile_names,
    example_runs.hostile_output,
]


def schema() -> Any:
    return json.loads(files("funkqa.report").joinpath("coverage.schema.json").read_text("utf-8"))


def document(run: Measurement) -> Any:
    return json.loads(jsonreport.render(cover(run)))


@pytest.mark.parametrize("run", [example_runs.passed, example_runs.failed, example_runs.exercised])
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


@pytest.mark.parametrize("run", RUNS)
def test_the_counts_are_those_of_the_functions(run: Callable[[], Measurement]) -> None:
    coverage = cover(run())
    found = document(run())
    states = Counter(f["state"] for image in found["images"] for f in image["functions"])
    assert (states["covered"], states["missing"], states["skipped"]) == (
        coverage.ratio.covered,
        coverage.ratio.missing,
        coverage.ratio.skipped,
    )
    for step in range(len(coverage.steps)):
        entered = [f for image in found["images"] for f in image["functions"] if step in f["steps"]]
        if coverage.steps[step].phase is Phase.EXECUTE:
            assert len(entered) == found["steps"][step]["functions"] == coverage.step_counts[step][0]


def test_names_come_back_as_they_were_but_for_bytes_that_are_no_utf_8() -> None:
    functions = document(example_runs.hostile_names())["images"][0]["functions"]
    assert [function["name"] for function in functions] == [encodable(name) for name in example_runs.HOSTILE_NAMES]


@pytest.mark.parametrize("state", list(ShardState))
def test_the_runs_of_a_merged_result_are_listed(state: ShardState) -> None:
    shard = Shard(
        "a.funkqa", "ab", state, environment={"arch": "x86_64"}, statistics={"traps": 1.0}, faults=("f",)
    )
    found = document(replace(measurement(), shards=(shard,)))
    jsonschema.Draft202012Validator(schema()).validate(found)
    assert [(each["name"], each["state"]) for each in found["shards"]] == [("a.funkqa", state.value)]


def test_executions_and_inlined_functions_are_listed() -> None:
    found = document(example_runs.exercised())
    assert [(e["step"], e["path"], e["arguments"], e["measured"]) for e in found["executions"]] == [
        (0, "/usr/bin/bzcat", ["bzcat", "a b"], True),
        (0, "/usr/bin/grep", [], False),
        (1, "/usr/bin/grep", [], False),
        (None, "/opt/tool", [], False),
    ]
    assert found["not_measured_programs"][0] == {"path": "/usr/bin/grep", "package": "grep", "starts": 2}
    assert found["never_run"] == ["/usr/libexec/bzip2/helper", "/usr/bin/bzip2recover"]
    assert [f["name"] for f in found["images"][0]["inlined"]] == ["bz::Stream::size"]
    assert [image["role"] for image in found["images"]] == ["program", "library", "helper", "plugin", "program"]


@pytest.mark.parametrize("debug", list(DebugFileStatus))
def test_the_schema_knows_every_source_of_symbols(debug: DebugFileStatus) -> None:
    run = measurement([image(functions=[skipped("f")], debug=debug)])
    jsonschema.Draft202012Validator(schema()).validate(document(run))
