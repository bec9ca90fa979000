"""The JSON of changes is read back as it was, and nothing else is taken for it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from funkqa.model.change import Changes
from funkqa.model.errors import UsageError
from funkqa.report.changed import jsonreport
from funkqa.report.changed.reading import parsed
from tests import example_changes, example_updates

Make = Callable[[], Changes]
MADE = (
    example_changes.rebuilt,
    example_changes.without_a_run,
    example_changes.covered,
    example_changes.everything,
    example_changes.hostile,
    example_updates.changes,
)


@pytest.mark.parametrize("make", MADE)
def test_what_was_written_is_read_back(make: Make) -> None:
    assert parsed(jsonreport.render(make()).encode(), "changes.json") == make()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "this is no JSON"),
        (b"\xff\xfe\x00", "this is no JSON"),
        (b"[" * 100_000, "this is no JSON"),
        (b"[]", "it has no schema"),
        (b"{}", "it has no schema"),
        (b'{"schema": "funkqa/coverage/1"}', "it is funkqa/coverage/1"),
        (b'{"schema": "funkqa/changed/2"}', "it is funkqa/changed/2"),
        (b'{"schema": "funkqa/changed/1"}', "this list of changes is damaged: $: 'headline' is a required"),
        (b'{"schema": "funkqa/changed/1", "minimum": NaN}', "NaN is no number"),
    ],
)
def test_another_file_is_refused_in_one_message(content: bytes, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        parsed(content, "changes.json")
    assert said in refused.value.message
    assert refused.value.where == "changes.json"
    assert "funkqa changed OLD NEW --report json=CHANGES.json" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda document: document["functions"][0].update(change="gone"),
            "$.functions[0].change: 'gone' is not one of",
        ),
        (lambda document: document["images"][0].update(debug="none"), "$.images[0].debug: 'none' is not one of"),
        (lambda document: document["images"][0].update(more=1), "$.images[0]: Additional properties"),
        (
            lambda document: document["functions"][0].update(steps="abc"),
            "$.functions[0].steps: 'abc' is",
        ),
        (lambda document: document["ratio"].pop("covered"), "$.ratio: "),
        (lambda document: document.update(minimum=2), "$.minimum: 2 is greater than the maximum"),
    ],
)
def test_a_damaged_list_says_where(spoil: Callable[[Any], object], said: str) -> None:
    document = json.loads(jsonreport.render(example_changes.everything()))
    spoil(document)
    with pytest.raises(UsageError) as refused:
        parsed(json.dumps(document).encode(), "changes.json")
    assert said in refused.value.message
