"""Each source of debuginfo in a whole run, with real packages, package managers and a debuginfod server."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from funkqa.debuginfo import locate
from funkqa.model.measurement import Measurement
from funkqa.model.plan import DebugFileStatus, Image
from funkqa.store.reader import read_result
from tests.e2e import rpms
from tests.e2e.conftest import ROOT
from tests.e2e.running import RUN_TIMEOUT_S, Funkqa
from tests.e2e.test_faults import assert_clean, findings

LABPLUG = "/usr/bin/labplug"
SERVER = """
import os, sys
from funkqa.system.network import bring_up_loopback
bring_up_loopback()
os.execvp("debuginfod", ["debuginfod", "-R", "-t", "0", "-p", "8002", "-d", sys.argv[1], sys.argv[2]])
"""
URLS = "http://127.0.0.1:8002"
SERVER_TIMEOUT_S = 120


@pytest.fixture
def private(funkqa: Funkqa, tmp_path: Path) -> Funkqa:
    """A cache that nobody used before."""
    return replace(funkqa, cache=tmp_path / "cache")


@pytest.fixture
def bare(repository: Path, tmp_path: Path) -> Path:
    """A repository with labtools, but without its debuginfo."""
    return packages(repository, tmp_path / "bare", "labtools-1.0", "labtools-plugins-1.0")


@pytest.fixture(scope="session")
def fedora(repository: Path) -> Path:
    """Packages laid out as Fedora's, with minidebuginfo."""
    rpms.run(str(ROOT / "tests/packages/build"), "--flavour", "fedora", "host-libraries", "labtools")
    return ROOT / ".cache/packages/fedora/repo"


@pytest.fixture
def server(repository: Path, tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """A debuginfod server with the debuginfo of all packages; the command prefix that reaches it.

    It listens on every address, so it gets a network of its own, which has but a loopback.
    """
    command = [sys.executable, "-c", SERVER, str(tmp_path / "served.sqlite"), str(repository)]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(["unshare", "--net", "--", *command], cwd=ROOT, stdout=log, stderr=log)
        enter = ("nsenter", f"--net=/proc/{process.pid}/ns/net", "--")
        try:
            wait_until_served(enter, repository, tmp_path)
            yield enter
        finally:
            process.kill()
            process.wait()


def packages(repository: Path, into: Path, *names: str) -> Path:
    into.mkdir()
    for name in ("host-libraries-1", *names):
        (found,) = repository.glob(f"{name}-*.rpm")
        shutil.copy(found, into)
    return rpms.index(into)


def wait_until_served(enter: tuple[str, ...], repository: Path, tmp_path: Path) -> None:
    """Until the server has scanned the packages of which the run needs something."""
    debug = rpms.unpacked(next(repository.glob("labtools-debuginfo-*.rpm")), tmp_path / "debug")
    plugins = rpms.unpacked(next(repository.glob("labtools-plugins-debuginfo-*.rpm")), tmp_path / "plugins")
    wanted = {
        locate.facts_of(path).build_id
        for top in (debug, plugins)
        for path in (top / "usr/lib/debug").rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    environment = {**os.environ, "DEBUGINFOD_URLS": URLS, "DEBUGINFOD_CACHE_PATH": str(tmp_path / "asked")}
    deadline = time.monotonic() + SERVER_TIMEOUT_S
    while wanted and time.monotonic() < deadline:
        build_id = min(wanted)
        shutil.rmtree(tmp_path / "asked", ignore_errors=True)
        asked = subprocess.run(
            [*enter, "debuginfod-find", "debuginfo", build_id], env=environment, capture_output=True, check=False
        )
        if asked.returncode == 0:
            wanted.discard(build_id)
        else:
            time.sleep(0.2)
    assert not wanted, (tmp_path / "server.log").read_text()


def run(
    funkqa: Funkqa, name: str, repository: Path, *options: str, check: str = "", enter: tuple[str, ...] = ()
) -> "subprocess.CompletedProcess[str]":
    recipe = funkqa.recipe(
        name, f"component: [labtools, labtools-plugins]\nexecute:\n  - |\n    labplug\n    {check or 'true'}\n"
    )
    command = [sys.executable, "-m", "funkqa", "run", str(recipe), "--repo", str(repository)]
    return subprocess.run(
        [*enter, *command, "-o", funkqa.result(recipe), *options],
        env=funkqa.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_TIMEOUT_S,
        check=False,
    )


def result(funkqa: Funkqa, name: str) -> Measurement:
    return read_result(Path(funkqa.result(Path(f"{name}.yaml"))))


def statuses(measurement: Measurement) -> dict[str, DebugFileStatus]:
    return {image.path: image.debug for image in measurement.images}


def names(image: Image) -> set[str]:
    return {function.name for function in image.functions}


def labplug(measurement: Measurement) -> Image:
    (image,) = (image for image in measurement.images if image.path == LABPLUG)
    return image


def no_debug_file(measurement: Measurement) -> str:
    """A command that fails if the debug file of an image is installed."""
    return " && ".join(f"test ! -e {locate.debug_path(image.build_id)}" for image in measurement.images)


@pytest.fixture
def installed(funkqa: Funkqa, repository: Path) -> Measurement:
    """The measurement with installed debuginfo, which every other source must equal."""
    done = run(funkqa, "installed", repository)
    assert done.returncode == 0, done.stdout + done.stderr
    found = result(funkqa, "installed")
    assert set(statuses(found).values()) == {DebugFileStatus.MERGED}
    return found


def assert_same_functions(found: Measurement, wanted: Measurement) -> None:
    assert [image.functions for image in found.images] == [image.functions for image in wanted.images]
    assert any(function.line for image in found.images for function in image.functions)


@pytest.mark.parametrize("backend", ["zypper", "dnf"])
def test_debuginfo_is_downloaded_and_not_installed(
    private: Funkqa, repository: Path, bare: Path, installed: Measurement, backend: str
) -> None:
    options = ("--debuginfo", "download", "--backend", backend)
    done = run(private, "download", repository, *options, check=no_debug_file(installed))
    assert done.returncode == 0, done.stdout + done.stderr
    found = result(private, "download")
    assert set(statuses(found).values()) == {DebugFileStatus.DOWNLOADED}
    assert {image.debug_package for image in found.images} == {
        "labtools-debuginfo-1.0-1.suse.x86_64",
        "labtools-plugins-debuginfo-1.0-1.suse.x86_64",
    }
    assert_same_functions(found, installed)

    # What was downloaded once isn't needed again.
    done = run(private, "again", bare, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert result(private, "again").images == found.images
    assert_clean(private)


def test_with_no_debuginfo_package_at_all_debuginfod_serves(
    private: Funkqa,
    bare: Path,
    installed: Measurement,
    server: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DEBUGINFOD_URLS", URLS)
    check = no_debug_file(installed)
    done = run(private, "served", bare, check=check, enter=server)
    assert done.returncode == 0, done.stdout + done.stderr
    found = result(private, "served")
    assert set(statuses(found).values()) == {DebugFileStatus.DEBUGINFOD}
    assert_same_functions(found, installed)

    # From the cache, although nobody answers any more.
    done = run(private, "later", bare, "--debuginfo", "debuginfod")
    assert done.returncode == 0, done.stdout + done.stderr
    assert result(private, "later").images == found.images
    assert not list((private.cache / "debuginfod").rglob("debuginfo*"))
    assert_clean(private)


def test_a_server_that_does_not_answer_is_told(
    private: Funkqa, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEBUGINFOD_URLS", "http://127.0.0.1:9/")
    done = run(private, "silent", bare)
    assert done.returncode == 1, done.stdout + done.stderr
    assert set(statuses(result(private, "silent")).values()) == {DebugFileStatus.UNWIND}
    assert "http://127.0.0.1:9/ gave no debug files" in result(private, "silent").run.environment["warnings"]


def test_off_asks_nobody_and_calls_functions_by_their_addresses(
    private: Funkqa, repository: Path, installed: Measurement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEBUGINFOD_URLS", "http://127.0.0.1:9/")
    done = run(private, "nobody", repository, "--debuginfo", "off", check=no_debug_file(installed))
    assert done.returncode == 1, done.stdout + done.stderr
    found = result(private, "nobody")
    assert set(statuses(found).values()) == {DebugFileStatus.UNWIND}
    assert "warnings" not in found.run.environment
    main = next(function for function in labplug(installed).functions if function.name == "main")
    assert f"function_at_{main.vaddr:x}" in names(labplug(found))
    assert any(each.startswith(f"{LABPLUG}: no debuginfo") for each in findings(private, "nobody"))
    said = " ".join(done.stdout.split())
    assert (
        f"{LABPLUG}: no debug file and no .symtab, so that functions without a dynamic symbol have no name" in said
    )


def test_minidebuginfo_lists_every_function(private: Funkqa, fedora: Path) -> None:
    done = run(private, "mini", fedora, "--debuginfo", "off")
    assert done.returncode == 0, done.stdout + done.stderr
    mini = result(private, "mini")
    assert set(statuses(mini).values()) == {DebugFileStatus.MINIDEBUGINFO}
    assert f"{LABPLUG}: no debug file but minidebuginfo, so that declarations are missing" in " ".join(
        done.stdout.split()
    )

    done = run(private, "full", fedora)
    assert done.returncode == 0, done.stdout + done.stderr
    full = result(private, "full")
    assert set(statuses(full).values()) == {DebugFileStatus.MERGED}
    for few, all_ in zip(mini.images, full.images, strict=True):
        assert [(each.vaddr, each.names) for each in few.functions] == [
            (each.vaddr, each.names) for each in all_.functions
        ]
        assert not any(each.line for each in few.functions)


def test_a_damaged_cache_heals(private: Funkqa, repository: Path, installed: Measurement) -> None:
    first = run(private, "first", repository, "--debuginfo", "download")
    assert first.returncode == 0, first.stdout + first.stderr
    damaged = [path for path in private.cache.rglob("*") if path.is_file()]
    assert len(damaged) > len(installed.images)
    for path in damaged:
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2] + b"\xff\x00" + content[len(content) // 2 + 2 :])
    again = run(private, "again", repository, "--debuginfo", "download")
    assert again.returncode == 0, again.stdout + again.stderr
    assert_same_functions(result(private, "again"), installed)


def test_runs_at_once_share_a_cache_that_is_too_small_for_one(
    private: Funkqa, repository: Path, installed: Measurement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNKQA_CACHE_SIZE", "1")
    text = "component: [labtools, labtools-plugins]\nexecute: labplug\n"
    recipes = [private.recipe(f"run{number}", text) for number in range(3)]
    runs = [private.start(recipe, "--debuginfo", "download") for recipe in recipes]
    for run_, recipe in zip(runs, recipes, strict=True):
        stdout, stderr = run_.communicate(timeout=RUN_TIMEOUT_S)
        assert run_.returncode == 0, stdout + stderr
        assert_same_functions(result(private, recipe.stem), installed)
    assert [path for path in private.cache.rglob("*") if path.is_file()] == []


def test_a_size_of_the_cache_that_is_none_is_told(
    private: Funkqa, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNKQA_CACHE_SIZE", "plenty")
    done = run(private, "size", repository)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "FUNKQA_CACHE_SIZE: 'plenty' is no size" in done.stderr
    assert "Traceback" not in done.stderr
