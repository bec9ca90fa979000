"""``funkqa changed`` on real packages: exactly what the patches change, and nothing for a rebuild."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from funkqa.runner import sandbox
from tests.e2e.comparing import BZIP2, Lab
from tests.e2e.conftest import ROOT
from tests.e2e.rpms import run

Truth = dict[tuple[str, str], dict[str, str]]
"""By change and image the functions, each with what it was before if it has moved."""

THREE_OF_BZIP2: Truth = {
    ("changed", "/usr/bin/bzip2"): {"copyFileName": ""},
    ("changed", "libbz2.so.1.0"): {"BZ2_bzflush": "", "BZ2_hbAssignCodes": ""},
}
TRUTH: dict[tuple[str, str], Truth] = {
    ("bzip2", "next"): THREE_OF_BZIP2,
    ("gzip", "next"): {("changed", "/usr/bin/gzip"): {"input_eof": "", "direntry_cmp_name": "", "fill_inbuf": ""}},
    ("bzip2", "next2"): {
        ("changed", "/usr/bin/bzip2"): {"main": "", "license": "", "testStream": ""},
        ("added", "/usr/bin/bzip2"): {"credits": ""},
        ("removed", "/usr/bin/bzip2"): {"redundant": ""},
        ("moved", "/usr/bin/bzip2"): {"setFileName": "copyFileName"},
        ("changed", "libbz2.so.1.0"): {"BZ2_bzclose": ""},
        ("added", "libbz2.so.1.0"): {"BZ2_bzBuffBound": ""},
        ("removed", "libbz2.so.1.0"): {"BZ2_bzWriteClose": ""},
    },
    # help is inlined into main; version() has the body of license(), without its own name.
    ("gzip", "next2"): {
        ("changed", "/usr/bin/gzip"): {"main": "", "get_method": ""},
        ("added", "/usr/bin/gzip"): {"report_bugs": "", "version": ""},
        ("removed", "/usr/bin/gzip"): {"license": ""},
        ("moved", "/usr/bin/gzip"): {"find_suffix": "get_suffix"},
    },
    # Behind the function that is gone from apps.c, four others tell OPENSSL_free() and the like their line.
    ("openssl", "next"): {
        ("changed", "/usr/bin/openssl"): {
            **dict.fromkeys(("s_client_main", "version_main"), ""),
            **dict.fromkeys(("modestr", "wait_for_async", "app_params_free", "app_params_new_from_opts"), ""),
        },
        ("added", "/usr/bin/openssl"): {"print_release": "", "print_options": ""},
        ("removed", "/usr/bin/openssl"): {"fileno_stdout": ""},
        ("moved", "/usr/bin/openssl"): {"list_encapsulations": "list_kems"},
    },
}
PACKAGES = {"bzip2": ("bzip2", "libbz2-1"), "gzip": ("gzip",), "openssl": ("openssl", "libopenssl3")}


def document(lab: Lab, *arguments: str | Path, code: int = 0) -> Any:
    """The JSON of the changes, which its schema allows."""
    done = lab.funkqa("changed", *map(str, arguments), "--report", "json=-")
    assert done.returncode == code, done.stdout + done.stderr
    found = json.loads(done.stdout)
    schema = json.loads(lab.funkqa("schema", "changed").stdout)
    assert list(Draft202012Validator(schema).iter_errors(found)) == []
    return found


def truth(found: Any) -> Truth:
    told: Truth = {}
    for each in found["functions"]:
        told.setdefault((each["change"], each["image"]), {})[each["name"]] = each["moved_from"]
    assert sum(map(len, told.values())) == len(found["functions"])
    return told


@pytest.mark.parametrize(("name", "later"), TRUTH)
def test_the_changes_are_exactly_those_of_the_patch(lab: Lab, name: str, later: str) -> None:
    names = [f"--package={each}" for each in PACKAGES[name]]
    found = document(lab, lab.funkqa.repository, lab.later / later, *names)
    assert truth(found) == TRUTH[name, later]
    assert found["uncompared"] == found["notes"] == []
    assert all(image["compared"] == "decoded" for image in found["images"])


def test_a_library_that_was_built_again_has_no_changes(lab: Lab) -> None:
    """Another release, another folder, the program beside it patched."""
    found = document(lab, lab.funkqa.repository, lab.later / "next", "--package=libopenssl3")
    assert found["functions"] == []
    assert sum(image["functions_after"] for image in found["images"]) > 10_000


def package(folder: Path, name: str) -> Path:
    (found,) = (path for path in folder.glob(f"{name}-[0-9]*.rpm") if "debug" not in path.name)
    return found


def test_a_package_file_finds_its_debuginfo_beside_it_and_the_dwz_file_in_another_package(lab: Lab) -> None:
    old, new = (package(folder, "libbz2-1") for folder in (lab.funkqa.repository, lab.later / "next"))
    found = document(lab, old, new)
    assert {(each["name"], each["file"]) for each in found["functions"]} == {
        ("BZ2_bzflush", "bzlib.c"),
        ("BZ2_hbAssignCodes", "huffman.c"),
    }
    assert [image["debug"] for image in found["images"]] == ["downloaded"]


def test_debuginfo_that_is_elsewhere_is_found_in_a_repository(lab: Lab, tmp_path: Path) -> None:
    builds = []
    for side, folder in (("old", lab.funkqa.repository), ("new", lab.later / "next")):
        (tmp_path / side / "debug").mkdir(parents=True)
        builds.append(Path(shutil.copy(package(folder, "gzip"), tmp_path / side)))
        for path in folder.glob("gzip-debuginfo-*.rpm"):
            shutil.copy(path, tmp_path / side / "debug")
    lab = replace(lab, funkqa=replace(lab.funkqa, cache=tmp_path / "cache"))
    done = lab.funkqa("changed", *map(str, builds))
    assert done.returncode == 3
    assert "its debuginfo is neither beside the package nor in a --repo" in done.stderr
    repositories = [f"--repo={tmp_path / side}" for side in ("old", "new")]
    assert truth(document(lab, *builds, *repositories)) == TRUTH["gzip", "next"]


def test_a_run_of_the_new_build_says_which_changes_it_executed(lab: Lab) -> None:
    result = lab.measured("changed", "bzip2", BZIP2, "next")
    subjects = (lab.funkqa.repository, lab.later / "next", "--package=bzip2", "--package=libbz2-1")
    found = document(lab, *subjects, "--result", result, "--minimum-changed", "66%")
    assert {each["name"]: (each["reach"], bool(each["steps"])) for each in found["functions"]} == {
        "copyFileName": ("covered", True),
        "BZ2_hbAssignCodes": ("covered", True),
        "BZ2_bzflush": ("missing", False),
    }
    assert (found["ratio"]["covered"], found["ratio"]["total"], found["failed"]) == (2, 3, False)
    found = document(lab, *subjects, "--result", result, "--minimum-changed", "80%", code=1)
    assert found["findings"] == [
        "2 of 3 changed and new functions were executed, 66.7%, less than the minimum of 80%"
    ]


def test_a_run_of_the_old_build_is_refused(lab: Lab) -> None:
    result = lab.measured("plain", "bzip2", BZIP2)
    done = lab.funkqa(
        *("changed", str(lab.funkqa.repository), str(lab.later / "next"), "--package=bzip2"),
        *("--result", str(result)),
    )
    assert done.returncode == 2
    assert "other build IDs" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_package_is_refused(lab: Lab, tmp_path: Path) -> None:
    new = package(lab.later / "next", "gzip")
    damaged = tmp_path / new.name
    damaged.write_bytes(new.read_bytes()[: new.stat().st_size // 2])
    done = lab.funkqa("changed", str(new), str(damaged))
    assert done.returncode == 3
    assert str(damaged) in done.stderr
    assert "Traceback" not in done.stderr


def test_an_installed_package_is_compared_with_a_package_file(lab: Lab) -> None:
    (new,) = (lab.later / "next").glob("gzip-1*.rpm")
    with sandbox.opened(binds={"/run/packages": lab.later, str(ROOT): ROOT}) as place:
        place.path("/var/lib/rpm").mkdir(parents=True, exist_ok=True)
        old = [f"/run/packages/repo/{path.name}" for path in lab.funkqa.repository.glob("gzip-*.rpm")]
        run(
            *place.enter,
            "rpm",
            "--dbpath",
            "/var/lib/rpm",
            "--install",
            "--nodeps",
            "--replacefiles",
            "--force",
            *old,
        )
        funkqa = [sys.executable, "-m", "funkqa", "changed", "gzip", f"/run/packages/next/{new.name}"]
        done = subprocess.run(
            [*place.enter, "env", "FUNKQA_CACHE=/tmp/cache", *funkqa, "--report", "json=-"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert truth(found) == TRUTH["gzip", "next"]
    assert [image["debug"] for image in found["images"]] == ["downloaded"]
    assert found["old"] == {"name": "gzip", "packages": ["gzip-1.12-1.suse.x86_64"]}
