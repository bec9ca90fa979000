"""What follows from findings, and how they are told."""

import json
from dataclasses import replace
from importlib.resources import files

import jsonschema
import pytest

from funkqa.doctor import render
from funkqa.doctor.finding import Finding, Status, refuse_unfit, required_failures
from funkqa.model.errors import ExitCode, HostUnfit

GOOD = Finding("cgroup v2", Status.SUPPORTED, "mounted", "scope", "mount it", required=True)
BAD = Finding(
    "uprobe_multi", Status.UNSUPPORTED, "Invalid argument", "every probe", "boot Linux 6.6", required=True
)
UNKNOWN = Finding("kernel lockdown", Status.INCONCLUSIVE, "not known", "BPF", "boot without", required=False)


def test_only_what_is_required_and_not_supported_is_a_failure() -> None:
    assert required_failures([GOOD, BAD, UNKNOWN]) == (BAD,)


def test_what_is_required_and_could_not_be_tried_is_a_failure() -> None:
    untried = replace(BAD, status=Status.INCONCLUSIVE)
    assert required_failures([untried]) == (untried,)


def test_an_unfit_host_is_refused_with_fact_and_remedy() -> None:
    with pytest.raises(HostUnfit) as refused:
        refuse_unfit([GOOD, BAD, UNKNOWN])
    assert refused.value.exit_code == ExitCode.UNMEASURABLE
    assert "uprobe_multi: Invalid argument" in refused.value.message
    assert "boot Linux 6.6" in refused.value.hint
    assert "lockdown" not in str(refused.value)


def test_a_fit_host_is_not_refused() -> None:
    refuse_unfit([GOOD, UNKNOWN])


def test_text_tells_loss_and_remedy_below_what_is_not_supported() -> None:
    assert render.text([GOOD, BAD, UNKNOWN]) == (
        "supported     cgroup v2        mounted\n"
        "unsupported   uprobe_multi     Invalid argument\n"
        "              lost:   every probe\n"
        "              remedy: boot Linux 6.6\n"
        "inconclusive  kernel lockdown  not known (optional)\n"
        "              lost:   BPF\n"
        "              remedy: boot without\n"
        "\n"
        "This host can't be measured on. Missing: uprobe_multi.\n"
    )


def test_text_never_is_wider_than_asked_for() -> None:
    wordy = replace(BAD, fact="the kernel says no " * 20, lost="much " * 40, remedy="try again " * 30)
    assert max(map(len, render.text([GOOD, wordy]).splitlines())) <= 80


@pytest.mark.parametrize(("findings", "fit"), [([GOOD, UNKNOWN], True), ([GOOD, BAD], False)])
def test_json_fits_its_schema(findings: list[Finding], fit: bool) -> None:
    document = json.loads(render.as_json(findings, "1.2.3"))
    schema = json.loads(files("funkqa.doctor").joinpath("doctor.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    assert (document["schema"], document["fit"]) == ("funkqa/doctor/1", fit)
    assert [finding["status"] for finding in document["findings"]] == [each.status.value for each in findings]
