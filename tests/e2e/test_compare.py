"""``funkqa compare``, from the command line, on real results of packages that were built here in two versions.

``tests/packages/NAME-next*/functions.patch`` says what differs between the versions. The truth below was read off
these patches, function by function, and what isn't in it must not have changed.
"""

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest

from tests.e2e.comparing import BZIP2, VERSION, Lab
from tests.openqa_parser import Shown, needs_openqa, shown

PROGRAM, LIBRARY, CRYPTO = "/usr/bin/bzip2", "libbz2.so.1.0", "libcrypto.so.3"


class Truth(NamedTuple):
    """A function that isn't as it was: what became of it, its image and name, and the steps that entered it."""

    change: str
    image: str
    name: str
    steps: tuple[str, ...] = ()
    renamed_from: str = ""


TRUTH = {
    "bzip2": {
        Truth("lost", LIBRARY, "BZ2_bzlibVersion", ("version",)),  # license() has the version as a text
        Truth("gained", LIBRARY, "BZ2_bzflush", ("test",)),  # testStream() calls it
        Truth("added", PROGRAM, "credits", ("version",)),
        Truth("added", LIBRARY, "BZ2_bzBuffBound"),
        Truth("removed", PROGRAM, "redundant", ("roundtrip",)),
        Truth("removed", LIBRARY, "BZ2_bzWriteClose"),
        Truth("renamed", PROGRAM, "setFileName", ("roundtrip", "test", "version"), "copyFileName"),
    },
    "gzip": {
        Truth("lost", "/usr/bin/gzip", "discard_input_bytes", ("decompress",)),  # a loop in get_method() instead
        Truth("gained", "/usr/bin/gzip", "rsync_roll", ("compress",)),  # -9 means --rsyncable too,
        Truth("gained", "/usr/bin/gzip", "copy_block", ("compress",)),  # which pads with empty stored blocks
        Truth("added", "/usr/bin/gzip", "report_bugs"),
        Truth("removed", "/usr/bin/gzip", "license", ("version",)),
        Truth("outlined", "/usr/bin/gzip", "version", ("version",)),  # called twice, for --license too
        Truth("renamed", "/usr/bin/gzip", "find_suffix", ("compress",), "get_suffix"),
    },
    "openssl": {
        Truth("lost", CRYPTO, "OpenSSL_version", ("version",)),
        Truth("gained", CRYPTO, "OPENSSL_version_major", ("version",)),
        Truth("gained", CRYPTO, "OPENSSL_version_patch", ("version",)),
        Truth("added", "/usr/bin/openssl", "print_release", ("version",)),
        Truth("added", "/usr/bin/openssl", "print_options"),
        Truth("removed", "/usr/bin/openssl", "fileno_stdout"),
        Truth("renamed", "/usr/bin/openssl", "list_encapsulations", (), "list_kems"),
    },
}


def functions(document: Any) -> set[Truth]:
    return {
        Truth(each["change"], each["image"], each["name"], tuple(each["steps"]), each["renamed_from"])
        for each in document["functions"]
    }


def fates(document: Any) -> dict[str, str]:
    return {step["name"]: step["fate"] for step in document["steps"]}


@pytest.mark.parametrize(
    ("name", "code", "judgement"), [("bzip2", 1, "failed"), ("gzip", 1, "failed"), ("openssl", 0, "softfail")]
)
def test_two_real_versions_differ_by_what_the_patch_says(lab: Lab, name: str, code: int, judgement: str) -> None:
    document = lab.document(*lab.pair(name), code=code)
    assert functions(document) == TRUTH[name]
    assert len(document["functions"]) == len(TRUTH[name])
    assert {each["name"]: each["covered"] for each in document["functions"]} == {
        each.name: bool(each.steps) and each.change != "lost" for each in TRUTH[name]
    }
    assert (document["judgement"], document["causes"], document["flaky"]) == (judgement, ["package"], False)
    assert all(step["fate"] == "same" for step in document["steps"])
    for image in document["images"]:
        expected = dict.fromkeys(document["counts"], 0)
        for each in TRUTH[name]:
            expected[each.change] += each.image == image["image"]
        assert image["counts"] == expected


def test_a_version_that_only_changes_bodies_loses_nothing(lab: Lab) -> None:
    """``bzip2-next`` changes three functions, and the name of the library's file."""
    text = BZIP2 + VERSION
    new = lab.measured("bodies", "bzip2", text, "next")
    document = lab.document(lab.pair("bzip2")[0], new)
    assert document["functions"] == []
    assert (document["judgement"], document["causes"]) == ("passed", ["package"])
    assert "1.0.8-1.suse -> 1.0.9-1.suse" in document["headline"]


def test_the_first_line_says_it_all_and_the_text_fits_a_terminal(lab: Lab) -> None:
    done = lab.compare(*lab.pair("bzip2"))
    first, second, *rest = done.stdout.split("\n")
    assert first.startswith("bzip2 1.0.8-1.suse -> 1.0.10-1.suse")
    assert first.endswith(" pp, 1 of 74 functions lost, 2 new)")
    assert second == "FAILED: the package changed"
    paths = str(lab.funkqa.directory)
    assert [line for line in rest if len(line) > 80 and paths not in line] == []


def test_every_format_says_the_same(lab: Lab) -> None:
    folder = lab.funkqa.directory / "reports"
    folder.mkdir()
    forms = ("text", "json", "junit", "junit-standard", "html", "markdown")
    wanted = [f"--report={form}={folder / form}" for form in forms]
    done = lab.compare(*wanted, *lab.pair("gzip"))
    assert (done.returncode, done.stdout) == (1, "")
    written = {form: (folder / form).read_text() for form in forms}
    headline = json.loads(written["json"])["headline"]
    assert written["text"].startswith(f"{headline}\nFAILED: ")
    assert headline in written["markdown"].split("\n")[0]
    assert headline.replace(">", "&gt;") in written["html"]
    for form in ("text", "json", "junit", "junit-standard", "html", "markdown"):
        assert "discard_input_bytes" in written[form]
    suite = ElementTree.fromstring(written["junit"].encode())
    assert {case.get("name"): case.get("status") for case in suite.findall("testcase")} == {
        "results": "success",
        "differences": "success",
        "steps": "success",
        "coverage: /usr/bin/gzip": "failure",
        "new functions": "success",
        "comparison: total": "failure",
    }
    assert lab.compare(*lab.pair("gzip")).stdout == written["text"]


@needs_openqa
@pytest.mark.parametrize("kind", ["JUnit", "XUnit"])
@pytest.mark.parametrize(
    ("options", "result"), [((), "failed"), (("--max-lost", "1"), "softfailed"), (("--max-lost", "0"), "failed")]
)
def test_openqa_shows_the_judgement(
    lab: Lab, tmp_path: Path, options: tuple[str, ...], result: str, kind: str
) -> None:
    path = tmp_path / "compare.xml"
    lab.compare(*options, *lab.pair("bzip2"), "--report", f"junit={path}")
    step = {"failed": "fail", "softfailed": "softfail"}[result]
    found = shown(path, kind)
    assert found[:2] == Shown("funkqa_compare_bzip2", result, [])[:2]
    assert found.steps.count(step) == 2  # the library's and the total
    assert set(found.steps) == {"ok", step}


@pytest.mark.parametrize(
    ("options", "code", "judgement"),
    [
        (("--max-lost", "1"), 0, "softfail"),
        (("--tolerance", "2pp"), 0, "softfail"),  # 1.48 of 74 functions
        (("--tolerance", "1pp"), 1, "failed"),
        (("--fail-on", "coverage"), 0, "softfail"),  # one was lost and one gained
        (("--fail-on", "new-uncovered"), 1, "failed"),
        (("--tolerance", "much"), 2, ""),
    ],
)
def test_what_fails_is_for_the_command_line_to_say(
    lab: Lab, options: tuple[str, ...], code: int, judgement: str
) -> None:
    done = lab.compare(*options, *lab.pair("bzip2"))
    assert done.returncode == code, done.stderr
    assert done.stdout.partition("\n")[2].startswith(f"{judgement.upper()}: " if judgement else "")


def test_a_recipe_with_a_step_removed_is_told_from_a_regression(lab: Lab) -> None:
    before = lab.pair("bzip2")[0]
    new = lab.measured("shorter", "bzip2", BZIP2)
    document = lab.document(before, new, code=1)
    # The step was alone to enter these.
    assert functions(document) == {
        Truth("lost", LIBRARY, "BZ2_bzlibVersion", ("version",)),
        Truth("lost", PROGRAM, "license", ("version",)),
    }
    assert document["causes"] == ["recipe"]
    assert document["differences"] == [
        {"cause": "recipe", "what": "step version", "before": "present", "after": ""}
    ]
    assert fates(document) == {"roundtrip": "same", "test": "same", "version": "removed"}
    assert "FAILED: the recipe changed\n" in lab.compare(before, new).stdout
    document = lab.document(new, before)
    assert {each.change for each in functions(document)} == {"gained"}
    assert fates(document)["version"] == "added"


def test_another_environment_is_told(lab: Lab) -> None:
    names = ("host-libraries-1", "bzip2-1.0.8", "bzip2-debuginfo", "libbz2-1-1.0.8", "libbz2-1-debuginfo")
    found = [path for name in names for path in lab.funkqa.repository.glob(f"{name}-*.rpm")]
    assert len(found) == len(names)
    from_files = lab.result("files", "bzip2", BZIP2 + VERSION, *(f"--rpm={path}" for path in found))
    document = lab.document(lab.pair("bzip2")[0], from_files)
    assert document["causes"] == ["environment"]
    assert [each["what"] for each in document["differences"]] == ["backend"]
    assert (document["functions"], document["judgement"]) == ([], "passed")


def test_if_nothing_changed_a_loss_is_a_flake(lab: Lab) -> None:
    well, unwell = lab.moody(1, well=True), lab.moody(2, well=False)
    document = lab.document(well, unwell, code=1)
    assert (document["causes"], document["flaky"], document["judgement"]) == ([], True, "failed")
    assert Truth("lost", PROGRAM, "testStream", ("test",)) in functions(document)
    assert {each.change for each in functions(document)} == {"lost"}
    lost = {step["name"]: step["lost"] for step in document["steps"]}
    assert lost.pop("test") > document["counts"]["lost"] > 0  # another step still enters the others
    assert lost == {"compress": 0, "wait": 0}
    assert "\nFAILED: nothing changed, so the result is flaky\n" in lab.compare(well, unwell).stdout
    # Of two baselines that disagree none loses anything: what only one covers is unsteady.
    copy = shutil.copy(unwell, lab.funkqa.directory / "copy.funkqa")
    with sqlite3.connect(copy) as connection:
        connection.execute("UPDATE run SET started = started + 60")
    document = lab.document(well, unwell, copy, code=1)
    assert [each["about"] for each in document["findings"] if each["fails"]] == ["coverage"]
    document = lab.document("--tolerance", "9pp", well, unwell, copy, code=0)
    assert {each.change for each in functions(document)} == {"unsteady"}
    assert len(document["baselines"]) == 2


def test_a_folder_of_results_is_a_history(lab: Lab) -> None:
    for name in ("bzip2", "gzip"):
        lab.pair(name)
    old, new = lab.funkqa.directory / "old", lab.funkqa.directory / "new"
    done = lab.compare(old, new)
    assert done.returncode == 1
    headlines = [line for line in done.stdout.split("\n") if " functions lost, " in line]
    assert [line.partition(" ")[0] for line in headlines][:2] == ["bzip2", "gzip"]
    report = lab.funkqa.directory / "{recipe}.md"
    assert lab.compare(old, new, "--report", f"markdown={report}").stdout == ""
    assert (lab.funkqa.directory / "bzip2.md").read_text().startswith("### `bzip2 1.0.8-1.suse -> 1.0.10-1.suse")


def spoiled(folder: Path, good: Path) -> dict[str, str]:
    """A folder with a result and files of every bad kind; what is said of each."""
    folder.mkdir()
    shutil.copy(good, folder / "good.funkqa")
    whole = good.read_bytes()
    (folder / "text.funkqa").write_text("coverage: 100 %\n")
    (folder / "empty.funkqa").touch()
    (folder / "cut.funkqa").write_bytes(whole[: len(whole) // 2])
    (folder / "overwritten.funkqa").write_bytes(whole[:40_000] + bytes(8_000) + whole[48_000:])
    with sqlite3.connect(folder / "cookies.funkqa") as connection:
        connection.execute("CREATE TABLE cookies (host, name, value)")
    shutil.copy(good, folder / "newer.funkqa")
    with sqlite3.connect(folder / "newer.funkqa") as connection:
        connection.execute("PRAGMA user_version = 99")
    (folder / "gone.funkqa").symlink_to("nowhere.funkqa")
    return {
        "text": "not an SQLite database",
        "empty": "the file is empty",
        "cut": "the file is damaged",
        "overwritten": "the file is damaged",
        "cookies": "another program's SQLite database",
        "newer": "written by a newer funkqa (format 99, this one reads 1)",
        "gone": "there is no such file",
    }


def test_files_that_cannot_be_read_are_told_one_by_one_and_the_rest_is_compared(lab: Lab, tmp_path: Path) -> None:
    before, new = lab.pair("gzip")
    reasons = spoiled(tmp_path / "history", before)
    done = lab.compare(tmp_path / "history", new)
    assert done.returncode == 1  # as without them: gzip lost a function
    assert done.stdout.startswith("gzip 1.12-1.suse -> 1.12-3.suse")
    assert "Traceback" not in done.stderr
    for name, reason in reasons.items():
        (line,) = [line for line in done.stderr.split("\n") if f"/{name}.funkqa: takes no part" in line]
        assert reason in line
    document = lab.document(tmp_path / "history", new, code=1)
    assert functions(document) == TRUTH["gzip"]
    assert {Path(each["file"]).stem for each in document["refused"]} == reasons.keys()
    assert [Path(side["file"]).name for side in document["baselines"]] == ["good.funkqa"]
    # As new results they are never passed over, and one that is named must be readable.
    assert lab.compare("--max-lost", "9", tmp_path / "history", new).returncode == 0
    assert lab.compare("--max-lost", "9", before, tmp_path / "history").returncode == 1
    for name in reasons:
        assert lab.compare("--max-lost", "9", tmp_path / f"history/{name}.funkqa", before, new).returncode == 2
    assert lab.compare(before, tmp_path / "history/text.funkqa").returncode == 2
