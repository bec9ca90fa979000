"""Checks on what a test can make: files, directories, a PATH of its own."""

import errno
import os
import stat
from pathlib import Path

import pytest

from funkqa.doctor import architecture, kernelfeatures, libraries, repositories, storage, tools, trials
from funkqa.doctor.finding import Status
from funkqa.model.errors import HostUnfit
from funkqa.system import host


def refusing(number: int) -> None:
    raise OSError(number, os.strerror(number))


def test_a_kernel_that_does_not_know_uprobe_multi_does_not_support_it() -> None:
    found = kernelfeatures.uprobe_multi(lambda: refusing(errno.EINVAL))
    assert (found.status, found.required) == (Status.UNSUPPORTED, True)
    assert "Invalid argument" in found.fact
    assert "boot a kernel" in found.remedy


def test_a_kernel_that_was_not_asked_for_want_of_rights_is_inconclusive() -> None:
    found = kernelfeatures.uprobe_multi(lambda: refusing(errno.EPERM))
    assert found.status is Status.INCONCLUSIVE
    assert "root" in found.remedy


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("[none] integrity confidentiality\n", Status.SUPPORTED),
        ("none [integrity] confidentiality\n", Status.SUPPORTED),
        ("none integrity [confidentiality]\n", Status.UNSUPPORTED),
    ],
)
def test_lockdown_is_read_from_its_brackets(tmp_path: Path, text: str, status: Status) -> None:
    (tmp_path / "lockdown").write_text(text)
    assert kernelfeatures.lockdown(tmp_path / "lockdown").status is status


def test_lockdown_that_cannot_be_read_is_inconclusive(tmp_path: Path) -> None:
    assert kernelfeatures.lockdown(tmp_path / "lockdown").status is Status.INCONCLUSIVE


def test_a_missing_tool_names_the_package_that_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = tools.tool(tools.TOOLS[0], with_version=True)
    assert (found.name, found.status) == ("eu-unstrip", Status.UNSUPPORTED)
    assert "elfutils" in found.remedy
    assert tools.package_manager(with_version=True).status is Status.UNSUPPORTED
    assert tools.env_chdir().status is Status.UNSUPPORTED


def test_a_tool_is_asked_for_its_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program(tmp_path / "eu-unstrip", "echo 'eu-unstrip (elfutils) 0.188'")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert tools.tool(tools.TOOLS[0], with_version=True).fact.startswith("eu-unstrip")


def test_a_module_that_is_not_there_is_unsupported() -> None:
    absent = libraries.Library("no_such_module", "absent", "nothing", "no-such-package")
    found = libraries.module(absent)
    assert found.status is Status.UNSUPPORTED
    assert "no-such-package" in found.remedy


@pytest.mark.parametrize(("available", "status"), [(4 << 20, Status.SUPPORTED), (100 << 10, Status.UNSUPPORTED)])
def test_memory_is_what_is_available_to_a_tmpfs(tmp_path: Path, available: int, status: Status) -> None:
    (tmp_path / "meminfo").write_text(f"MemTotal: {8 << 20} kB\nMemAvailable: {available} kB\n")
    assert storage.memory(tmp_path / "meminfo").status is status


def test_a_cache_that_is_not_there_yet_is_judged_by_the_directory_above(tmp_path: Path) -> None:
    found = storage.cache_writable(tmp_path / "not" / "yet")
    assert found.status is Status.SUPPORTED
    assert str(tmp_path) in found.fact
    assert not (tmp_path / "not").exists()


def test_a_trial_that_fails_tells_its_own_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> str:
        raise HostUnfit("no overlay", hint="use\n  another kernel")

    monkeypatch.setattr(host, "is_root", lambda: True)
    found = trials.throw_away_root(fails, required=False)
    assert (found.status, found.fact, found.remedy, found.required) == (
        Status.UNSUPPORTED,
        "no overlay",
        "use another kernel",
        False,
    )


def test_without_root_a_trial_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "is_root", lambda: False)
    assert trials.bpf_program(lambda: pytest.fail("it was made")).status is Status.INCONCLUSIVE


REPOSITORIES = """\
echo '<?xml version="1.0"?><stream><repo-list><repo alias="oss"/><repo alias="{alias}"/></repo-list></stream>'
"""


@pytest.mark.parametrize(("alias", "status"), [("repo-debug", Status.SUPPORTED), ("update", Status.INCONCLUSIVE)])
def test_debug_repositories_are_known_by_their_alias(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, alias: str, status: Status
) -> None:
    program(tmp_path / "zypper", REPOSITORIES.format(alias=alias))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert repositories.debug_repositories().status is status


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize(
    ("machine", "status", "fact"),
    [
        ("x86_64", Status.SUPPORTED, "x86_64"),
        ("aarch64", Status.SUPPORTED, "aarch64 (untested)"),
        ("s390x", Status.SUPPORTED, "s390x (untested)"),
        ("ppc64le", Status.SUPPORTED, "ppc64le (untested)"),
        ("ppc64", Status.UNSUPPORTED, "ppc64"),
        ("riscv64", Status.UNSUPPORTED, "riscv64"),
        ("armv7l", Status.UNSUPPORTED, "armv7l"),
    ],
)
def test_architectures_that_nobody_tried_are_said_to_be_untested(machine: str, status: Status, fact: str) -> None:
    found = architecture.architecture(machine)
    assert (found.status, found.fact, found.required) == (status, fact, True)


def test_a_kernel_without_btf_can_not_say_who_starts_what(tmp_path: Path) -> None:
    found = kernelfeatures.btf_offsets(tmp_path / "missing")
    assert found.status is Status.UNSUPPORTED
    assert found.required
    assert "CONFIG_DEBUG_INFO_BTF" in found.remedy
