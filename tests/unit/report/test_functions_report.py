"""The inventory as text, JSON and CSV."""

import csv
import io
import json
from dataclasses import replace
from importlib.resources import files

import jsonschema

from funkqa.model.plan import Inlined, ProbePlan, Standing, Unmeasured
from funkqa.report import functions as report
from tests.examples import function, image, skipped

LONG = "ns::" + "a_long_name" * 6 + "()"
IMAGE = image(
    "/usr/bin/bzip2",
    [
        function("main", file="bzip2.c", line=1769, unit="bzip2.c"),
        function("_ZN", demangled=LONG, file="some/long/path/to/a/file.cc", line=5),
        skipped("atomic_add"),
        function("_start", standing=Standing.GLUE),
        function('odd\x1b[31m,"name"', standing=Standing.EXCLUDED),
    ],
)
GONE = Inlined("_ZN1a1bEv", "a::b()", "a.cc", "a.h", 12)
PLAN = ProbePlan(
    images=(replace(IMAGE, inlined=(GONE,)),),
    unmeasured=(Unmeasured("bzip2", "/usr/lib/bz.o", "an object file, which no program loads"),),
    probes=(),
)


def test_the_json_is_as_its_schema_says() -> None:
    document = json.loads(report.render_json(PLAN))

    jsonschema.validate(document, json.loads(files("funkqa.report").joinpath("functions.schema.json").read_text()))
    (found,) = document["images"]
    assert found["counts"] == {"probed": 2, "skipped": 1, "glue": 1, "excluded": 1, "inlined": 1}
    assert found["inlined"] == [{"name": "_ZN1a1bEv", "demangled": "a::b()", "file": "a.h", "line": 12}]
    assert (found["role"], found["debug"]) == ("program", "merged")


def test_the_csv_has_a_header_and_a_row_for_each_function() -> None:
    rows = list(csv.DictReader(io.StringIO(report.render_csv(PLAN), newline="")))

    assert [row["standing"] for row in rows] == ["probed", "probed", "skipped", "glue", "excluded", "inlined"]
    assert tuple(rows[0]) == report.COLUMNS
    assert rows[0]["address"] == "0x1139"
    assert (rows[0]["file"], rows[0]["line"], rows[0]["role"], rows[0]["debug"]) == (
        *("bzip2.c", "1769"),
        *("program", "merged"),
    )
    assert rows[2]["reason"] == "the kernel refuses a uprobe on its first instruction"
    assert (rows[5]["demangled"], rows[5]["address"]) == ("a::b()", "")


def test_the_text_has_counts_and_every_function() -> None:
    text = report.render_text(PLAN)

    assert text.splitlines() == [
        "/usr/bin/bzip2: program, of bzip2; symbols: merged of bzip2-debuginfo",
        "  5 functions: 2 probed, 1 skipped, 1 glue, 1 excluded",
        "  1 more exist only inlined, which can't be measured",
        "  probed    main  bzip2.c:1769",
        f"  probed    {LONG}",
        "              some/long/path/to/a/file.cc:5",
        "  skipped   atomic_add  (the kernel refuses a uprobe on its first instruction)",
        "  glue      _start",
        '  excluded  odd\\x1b[31m,"name"',
        "  inlined   a::b()  a.h:12",
        "",
        "/usr/lib/bz.o: not measured: an object file, which no program loads",
        "total: 5 functions of 1 ELF file, 1 more only inlined",
    ]


def test_hostile_names_are_shown_literally_in_every_format() -> None:
    plan = replace(PLAN, images=(image("/usr/bin/b\x1b\udcff", [function("=f\u202e\udcfe")]),))
    for render in (report.render_text, report.render_csv):
        assert "/usr/bin/b\\x1b\\xff" in render(plan)
        assert "=f\\u202e\\xfe" in render(plan)
        assert render(plan).replace("\r\n", "").replace("\n", "").isprintable()
    assert ",'=f" in report.render_csv(plan)
    (found,) = json.loads(report.render_json(plan))["images"]
    assert (found["path"], found["functions"][0]["name"]) == ("/usr/bin/b\x1b\\xff", "=f\u202e\\xfe")
    report.render_json(plan).encode()
