"""``--no-sandbox`` on a system that has the package already, or whose package manager is busy."""

import shutil
import subprocess
from pathlib import Path

import pytest

from funkqa.model.place import Place
from tests.e2e import rpms
from tests.e2e.running import RUN_TIMEOUT_S, Funkqa
from tests.e2e.test_no_sandbox import REPOSITORY, inside, installed, start, system

__all__ = ["system"]
"""A fixture."""

OLD, NEW = "gzip-1-1.x86_64", "gzip-1.12-1.suse.x86_64"


def run(funkqa: Funkqa, system: Place, *options: str) -> tuple[int, str]:
    running = start(funkqa, system, *options)
    _, stderr = running.communicate(timeout=RUN_TIMEOUT_S)
    assert list(system.path("/var/tmp").glob("funkqa-*")) == []
    return running.returncode, stderr


def install(system: Place, rpm: str) -> None:
    inside(system, "rpm", "--dbpath", "/var/lib/rpm", "--force-debian", "--nodeps", "-i", rpm)


@pytest.mark.parametrize("options", [("--remove",), ()])
def test_a_package_that_was_there_stays(funkqa: Funkqa, system: Place, options: tuple[str, ...]) -> None:
    install(system, f"{REPOSITORY}/{NEW}.rpm")
    code, said = run(funkqa, system, *options)
    assert code == 0, said
    kept = {name for name in installed(system) if "debuginfo" not in name}
    assert kept >= {NEW}
    assert any("debuginfo" in name for name in installed(system)) == (not options)
    assert system.path("/usr/bin/gzip").exists()


def install_old(system: Place, tmp_path: Path, vendor: str) -> None:
    """An older gzip on the system, whose program is a script."""
    script = tmp_path / "gzip"
    script.write_text("#!/bin/sh\n")
    rpm = rpms.package(tmp_path / "old", "gzip", {"/usr/bin/gzip": script}, vendor=vendor)
    shutil.copy(rpm, system.path("/run/old.rpm"))
    install(system, "/run/old.rpm")
    assert installed(system) == [OLD]


def test_an_older_version_is_updated(funkqa: Funkqa, system: Place, tmp_path: Path) -> None:
    install_old(system, tmp_path, vendor="funkqa")
    code, said = run(funkqa, system)
    assert code == 0, said
    assert NEW in installed(system)


def test_an_older_version_of_another_vendor_is_kept_and_that_is_told(
    funkqa: Funkqa, system: Place, tmp_path: Path
) -> None:
    install_old(system, tmp_path, vendor="another")
    code, said = run(funkqa, system)
    assert code == 3, said
    assert "warning: measured as it was installed: there is an update candidate for 'gzip' from vendor" in said
    assert installed(system) == [OLD]


def test_what_took_the_place_of_an_older_version_is_not_removed_and_the_way_back_is_told(
    funkqa: Funkqa, system: Place, tmp_path: Path
) -> None:
    install_old(system, tmp_path, vendor="funkqa")
    code, said = run(funkqa, system, "--remove")
    assert code == 4, said
    assert f"the installation replaced {OLD}" in said
    assert f"go back: zypper install --oldpackage {OLD}" in said
    assert installed(system) == [NEW, "host-libraries-1-1.x86_64"]
    assert "host-libraries-1-1.x86_64 can't be removed for that" in said


def test_a_locked_zypper_is_told_with_the_one_who_holds_the_lock(
    funkqa: Funkqa, system: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = installed(system)
    monkeypatch.setenv("ZYPP_LOCK_TIMEOUT", "1")
    holder = ["sh", "-c", "echo $$ >/run/zypp.pid; echo $$; exec sleep 1111"]
    with subprocess.Popen([*system.enter, *holder], stdout=subprocess.PIPE, text=True) as locking:
        assert locking.stdout is not None
        pid = locking.stdout.readline().strip()
        code, said = run(funkqa, system, "--remove")
        inside(system, "kill", pid)
    assert code == 3, said
    assert f"locked by the application with pid {pid} (sleep)" in said
    assert "wait until the program that holds the lock ends" in said
    assert installed(system) == before
