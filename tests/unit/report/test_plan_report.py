"""A plan as text and JSON."""

import json
from importlib.resources import files

import jsonschema

from funkqa.model.plan import Probe, ProbePlan, Standing, Unmeasured
from funkqa.model.units import FileOffset
from funkqa.report import plan as report
from tests.examples import function, image, skipped

PLAN = ProbePlan(
    images=(
        image(
            "/usr/bin/bzip2",
            [function("main"), skipped("atomic_add"), function("_start", standing=Standing.GLUE)],
            links=["/usr/bin/bunzip2"],
        ),
    ),
    unmeasured=(Unmeasured("bzip2", "/usr/lib/bz.o", "an object file, which no program loads"),),
    probes=(Probe(0, 0, FileOffset(0x113A), True),),
)


def test_the_json_is_as_its_schema_says() -> None:
    document = json.loads(report.render_json(PLAN))

    schema = json.loads(files("funkqa.report").joinpath("plan.schema.json").read_text())
    jsonschema.validate(document, schema)
    main, refused, glue = document["images"][0]["functions"]
    assert (main["probe"], main["emulated"]) == (0x113A, True)
    assert (refused["probe"], refused["reason"]) == (None, "the kernel refuses a uprobe on its first instruction")
    assert glue["standing"] == "glue"


def test_the_text_counts_and_gives_every_reason() -> None:
    text = report.render_text(PLAN)

    for part in (
        "/usr/bin/bzip2\n  also called  /usr/bin/bunzip2",
        "probed       1, 1 of them on emulated instructions",
        "glue         1",
        "skipped      1: the kernel refuses a uprobe on its first instruction",
        "/usr/lib/bz.o\n  not measured: an object file, which no program loads",
        "total: 1 probes on 1 ELF files, 1 functions skipped",
    ):
        assert part in text
