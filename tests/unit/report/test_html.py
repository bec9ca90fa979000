"""The page as text: what it says without its script, and that nothing in it comes from elsewhere."""

import base64
import json
import re
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from funkqa.analysis.coverage import cover
from funkqa.model.measurement import Measurement, Outcome, Shard, ShardState
from funkqa.model.plan import ImageRole, Inlined
from funkqa.report.html import page
from tests import example_runs
from tests.examples import function, functions, image, measurement, step
from tests.many_functions import HOSTILE, many_functions
from tests.pagetext import unpacked

RUNS = [example_runs.passed, example_runs.failed, example_runs.nothing, example_runs.hostile]
VOID = frozenset("meta link rect path circle input br".split())


class Page(HTMLParser):
    """The elements of a page, its visible text, and the texts of its style and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.inline: list[tuple[str, dict[str, str], str]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.text += " "
        found = {name: value or "" for name, value in attributes}
        self.elements.append((tag, found))
        if tag in ("style", "script"):
            self.inline.append((tag, found, ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.text += " "
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        if self.open and self.open[-1] in ("style", "script"):
            tag, attributes, before = self.inline[-1]
            self.inline[-1] = (tag, attributes, before + text)
        else:
            self.text += text

    def unpacked(self, name: str) -> Any:
        [packed] = [text for _, attributes, text in self.inline if attributes.get("id") == name]
        return json.loads(zlib.decompress(base64.b64decode(packed)))


def parsed(run: Measurement) -> Page:
    return Page(page.render(cover(run)))


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("run", RUNS)
def test_a_page_is_well_formed_and_needs_nothing_from_elsewhere(run: Callable[[], Measurement]) -> None:
    found = parsed(run())
    for tag, attributes in found.elements:
        assert tag not in ("iframe", "object", "embed", "img", "base", "form")
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")]
        if "href" in attributes:
            assert attributes["href"].startswith(("#", "data:image/svg+xml,"))
    styles = [text for tag, _, text in found.inline if tag == "style"]
    assert not [text for text in styles if re.search(r"@import|url\((?!#)|@font-face", text)]


@pytest.mark.parametrize("run", RUNS)
def test_the_policy_allows_exactly_the_scripts_and_the_style_of_the_page(run: Callable[[], Measurement]) -> None:
    found = parsed(run())
    [policy] = [a["content"] for _, a in found.elements if a.get("http-equiv") == "Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    for directive, tag in (("script-src", "script"), ("style-src", "style")):
        texts = [text for kind, attributes, text in found.inline if kind == tag and "type" not in attributes]
        digests = [base64.b64encode(sha256(text.encode()).digest()).decode() for text in texts]
        assert directives[directive].split() == [f"'sha256-{digest}'" for digest in digests]


@pytest.mark.parametrize("run", RUNS)
def test_a_page_is_the_same_each_time_and_can_be_written(run: Callable[[], Measurement]) -> None:
    text = page.render(cover(run()))
    assert text == page.render(cover(run()))
    text.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]", text)


@pytest.mark.parametrize(
    "run", [example_runs.passed, example_runs.failed, example_runs.nothing, example_runs.exercised]
)
def test_a_page_is_as_the_golden_file_has_it(
    run: Callable[[], Measurement], golden: Callable[[str, str], None]
) -> None:
    golden(f"{run.__name__}.html", unpacked(page.render(cover(run()))))


def test_the_script_never_makes_markup_of_text() -> None:
    folder = Path(page.__file__).parent / "script"
    for path in folder.glob("*.js"):
        wrong = (
            r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function\(|fetch\(|XMLHttp|import\("
        )
        assert not re.search(wrong, path.read_text()), path.name
        assert "</" not in path.read_text(), path.name


def test_the_files_of_the_page_stay_readable() -> None:
    for path in Path(page.__file__).parent.rglob("*.*"):
        if path.suffix in (".py", ".js", ".css", ".j2"):
            assert len(path.read_text().splitlines()) <= 300, path


def test_the_verdict_the_headline_and_the_images_stand_in_the_text() -> None:
    text = words(parsed(example_runs.failed()).text)
    assert "FAILED" in text
    assert "61.5% 8 of 13 functions" in text
    assert "Why it failed" in text
    assert "step corrupt file: failed: exited 2, not 0" in text
    assert "/usr/bin/bzip2 program, also /usr/bin/bunzip2, /usr/bin/bzcat, 2 incidental 5 2 1 62.5% 160 of" in text
    assert "160 of 256 bytes 62.5%" in text
    assert "coreutils-9.5-1.2.x86_64" in text


def test_code_is_counted_by_image_by_package_and_in_all() -> None:
    sizes = {"/usr/bin/a": (30, 10), "/usr/bin/b": (50, 10)}
    images = [
        image(path, [function("f", size=used), function("g", size=unused, vaddr=0x2000)])
        for path, (used, unused) in sizes.items()
    ]
    text = words(parsed(measurement(images, [step()], {(0, 0): [0], (1, 0): [0]})).text)
    assert "/usr/bin/a program 1 1 0 75.0% 30 of 40 bytes 50.0%" in text
    assert "/usr/bin/b program 1 1 0 83.3% 50 of 60 bytes 50.0%" in text
    assert "Total 2 2 0 80.0% 80 of 100 bytes 50.0%" in text


def test_a_step_that_was_killed_has_no_exit_code() -> None:
    run = measurement(steps=[step("endless", Outcome.TIMEOUT, exit_code=None, reason="it ran longer than 1 s")])
    text = words(parsed(run).text)
    assert "execute, killed" in text
    assert "None" not in text.replace("None:", "")


def test_intended_and_incidental_coverage_are_told_apart() -> None:
    text = words(parsed(example_runs.failed()).text)
    assert "8 covered as intended, by execute steps 2 incidental only by prepare or finish: missing" in text
    assert "incidental" not in words(parsed(example_runs.passed()).text).replace("entered is incidental", "")


def test_skipped_functions_stand_with_their_reasons_and_expected_ones_with_their_state() -> None:
    text = words(parsed(example_runs.failed()).text)
    assert "the kernel refuses a uprobe on its first instruction BZ2_hbMakeCodeLengths" in text
    assert "the kernel refused to attach its probe BZ2_crc" in text
    for expected in ("● entered bz2::block", "○ not entered usage", "✕ unknown BZ2_bzNowhere"):
        assert expected in text


def test_the_environment_and_the_recipe_are_there() -> None:
    text = words(parsed(example_runs.failed()).text)
    assert "kernel 6.12.0-1-default" in text
    assert "version: 1 summary: bzip2 component: bzip2" in text
    assert "4,711 traps took 0.12 s" in text


def test_a_full_bar_has_the_widths_of_its_parts() -> None:
    found = parsed(example_runs.failed())
    whole = next(i for i, (tag, a) in enumerate(found.elements) if tag == "svg" and a["class"] == "bar")
    parts = [attributes for tag, attributes in found.elements[whole + 1 : whole + 4] if tag == "rect"]
    assert [(part["class"], part["x"], part["width"]) for part in parts] == [
        ("covered", "0.0%", "61.538%"),
        ("incidental", "61.538%", "15.385%"),
        ("skipped", "76.923%", "23.077%"),
    ]


def test_every_function_is_in_the_table_with_its_state_and_steps() -> None:
    model = parsed(example_runs.failed()).unpacked("payload")
    rows = model["rows"]
    states = [tuple(model["states"][state]) for state in rows["state"]]
    found = {
        name: (state[0], model["sets"][steps])
        for name, state, steps in zip(rows["name"], states, rows["steps"], strict=True)
    }
    assert found["main"] == ("covered", [1, 2, 3, 0])
    assert found["usage"] == ("incidental", [0])
    assert found["setInterimPermissions"] == ("incidental", [5])
    assert found["_start"] == ("glue", [])
    assert found["bz2::block(int, char const*)"] == ("covered", [2])
    assert ("skipped", "the kernel refused to attach its probe") in states
    assert [rows["name"][row] for row in model["expected"]] == [
        "usage",
        "BZ2_bzCompress",
        "bz2::block(int, char const*)",
    ]
    assert [(each["key"], each["rows"]) for each in model["images"]][:2] == [
        ("/usr/bin/bzip2", 10),
        ("libbz2.so.1", 5),
    ]


def test_functions_that_exist_only_inlined_follow_those_of_their_image() -> None:
    inlined = Inlined("_ZN1a1bEv", "a::b()", "a.cc", "a.h", 7)
    first = replace(image("/usr/bin/a", functions("main", "usage")), inlined=(inlined,))
    model = parsed(
        measurement([first, image("/usr/bin/b", functions("other"))], [step()], {(0, 0): [0]})
    ).unpacked("payload")
    rows = model["rows"]
    assert rows["name"] == ["main", "usage", "a::b()", "other"]
    assert model["states"][rows["state"][2]] == ["inlined", ""]
    assert (rows["linkage"][2], model["files"][rows["file"][2]], rows["line"][2]) == ("_ZN1a1bEv", "a.h", 7)
    assert model["units"][rows["unit"][2]] == "a.cc"


def test_two_images_of_one_soname_have_links_of_their_own() -> None:
    pair = [
        image(path, functions("f"), soname="libx.so.1") for path in ("/usr/lib/libx.so.1", "/usr/lib64/libx.so.1")
    ]
    model = parsed(measurement(pair, [step()], {(0, 0): [0]})).unpacked("payload")
    assert [each["key"] for each in model["images"]] == ["/usr/lib/libx.so.1", "/usr/lib64/libx.so.1"]


def test_hostile_names_are_inert_and_told_literally() -> None:
    run = many_functions(200)
    found = parsed(run)
    assert [tag for tag, _ in found.elements if tag == "img"] == []
    assert len([tag for tag, attributes, _ in found.inline if tag == "script" and "type" not in attributes]) == 2
    assert "<script>document.title='owned'</script>" in found.text
    assert "caf\\xe9 \\x1b[1mbold\\x1b[0m <b>&amp;\\x00\\x85 end" in found.text
    names = found.unpacked("payload")["rows"]["name"]
    assert "control \\x00\\x07\\x1b[31m\\x85\\u2028 characters\\nsecond line\\ttab" in names
    assert "invalid \\xff\\xfe and \\xff surrogate \\ud800" in names
    assert "right-to-left \\u202egnp.exe \u05d0\u05d1\u05d2" in names
    assert HOSTILE[0] in names
    assert max(map(len, names)) > 4000


def test_a_page_of_100000_functions_is_small_and_takes_little_memory() -> None:
    script = """
import time
from funkqa.analysis.coverage import cover
from funkqa.report.html.page import render
from tests.many_functions import many_functions
from tests.memory import most_resident_kb
coverage = cover(many_functions(100_000))
before = time.process_time()
size = len(render(coverage).encode())
print(size, most_resident_kb(), time.process_time() - before)
"""
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    size, resident_kb, seconds = done.stdout.split()
    print(f"{int(size) / 1e6:.1f} MB in {float(seconds):.1f} s of CPU, {int(resident_kb) / 1e3:.0f} MB resident")
    assert int(size) < 12_000_000
    assert int(resident_kb) < 400_000


def test_a_plugin_that_nothing_entered_and_a_helper_that_never_ran_are_named() -> None:
    plugin = replace(image("/usr/lib64/p.so", functions("p")), role=ImageRole.PLUGIN)
    helper = replace(image("/usr/libexec/h", functions("h")), role=ImageRole.HELPER)
    text = words(parsed(measurement([image(functions=functions("main")), plugin, helper])).text)
    assert "Executables of which no function was entered /usr/libexec/h helper of bzip2, 1 function" in text
    assert "of which nothing ran /usr/lib64/p.so plugin of bzip2, 1 function" in text


def test_a_merged_run_names_its_shards_and_what_became_of_them() -> None:
    shards = (
        Shard("a.funkqa", "ab12", ShardState.COMPLETE, started=1777593600.0, covered=3),
        Shard("b.funkqa", "", ShardState.CRASHED, reason="the machine <went> away"),
    )
    text = words(parsed(replace(example_runs.passed(), shards=shards)).text)
    assert "a.funkqa ✓ complete 2026-05-01 00:00 UTC 3" in text
    assert "b.funkqa the machine <went> away ✕ crashed" in text


def test_what_was_exercised_but_is_not_measured_is_counted() -> None:
    text = words(parsed(many_functions(200)).text)
    assert "In scope: 1,000 starts of 3 programs." in text
    assert "Exercised but not measured Program Package Started /usr/bin/sort coreutils 334" in text
    assert "/tmp/a.out of no package 333" in text
