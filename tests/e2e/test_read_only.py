"""``--no-sandbox`` where /usr is read-only: transactional systems and images, by real mounts in a namespace."""

from pathlib import Path

import pytest

from funkqa.model.place import Place
from funkqa.store.reader import read_result
from tests.e2e.running import Funkqa
from tests.e2e.test_no_sandbox import REPOSITORY, SYSTEM, inside, installed, start, system

__all__ = ["system"]
"""A fixture."""


def seal(place: Place, *programs: str) -> None:
    """Make /usr read-only, as a system with these programs has it."""
    for program in programs:
        place.path(f"/usr/{program}").write_text("#!/bin/sh\n")
    inside(place, "mount", "--bind", "/usr", "/usr")
    inside(place, "mount", "-o", "remount,bind,ro", "/usr")


def run(funkqa: Funkqa, place: Place, *options: str) -> tuple[int, str]:
    running = start(funkqa, place, *options)
    _, said = running.communicate(timeout=120)
    return running.returncode, said


@pytest.mark.parametrize(
    ("programs", "advice"),
    [
        (("sbin/transactional-update",), "transactional-update pkg install gzip, then reboot"),
        (("bin/rpm-ostree", "bin/bootc"), "rpm-ostree install gzip, then systemctl reboot"),
        (("bin/bootc",), "bootc usr-overlay, then funkqa, before the next boot"),
        ((), "make it writable: mount -o remount,rw /usr"),
    ],
)
def test_what_is_not_installed_is_told_with_the_systems_own_command(
    funkqa: Funkqa, system: Place, programs: tuple[str, ...], advice: str
) -> None:
    seal(system, *programs)
    before = installed(system)
    code, said = run(funkqa, system)
    assert code == 3, said
    assert "funkqa: gzip: not installed, and nothing can be, for /usr is read-only" in said
    assert f"{advice}; or measure in a throw-away root: leave out --no-sandbox" in said
    assert installed(system) == before


def install(place: Place, *names: str) -> None:
    rpms = [f"{REPOSITORY}/{name}-1.12-1.suse.x86_64.rpm" for name in names]
    inside(place, "rpm", "--dbpath", "/var/lib/rpm", "--force-debian", "--nodeps", "-i", *rpms)


def test_what_is_installed_with_its_debuginfo_is_measured(funkqa: Funkqa, system: Place) -> None:
    install(system, "gzip", "gzip-debuginfo")
    seal(system, "sbin/transactional-update")
    before = installed(system)
    code, said = run(funkqa, system, "--remove")
    assert code == 0, said
    assert "warning" not in said
    assert installed(system) == before
    # A copy, because sqlite takes /proc/PID/root for the root that it is in.
    result = Path(funkqa.result(Path("copy.yaml")))
    result.write_bytes(system.path(f"{SYSTEM}/r.funkqa").read_bytes())
    assert {image.path for image in read_result(result).images} >= {"/usr/bin/gzip"}


def test_debuginfo_that_is_not_installed_is_told_with_the_systems_own_command(
    funkqa: Funkqa, system: Place
) -> None:
    install(system, "gzip")
    seal(system, "sbin/transactional-update")
    code, said = run(funkqa, system)
    assert code == 1, said
    assert "warning: no debuginfo can be installed, for /usr is read-only" in said
    assert "transactional-update pkg install 'debuginfo(build-id) = " in said


def test_a_throw_away_root_over_it_needs_nothing(funkqa: Funkqa, system: Place) -> None:
    seal(system, "sbin/transactional-update")
    recipe = funkqa.recipe("over", "component: gzip\nexecute: echo x | gzip | gzip -d\n")
    done = funkqa(
        "run",
        str(recipe),
        "--repo",
        str(funkqa.repository),
        "--root",
        str(system.root),
        "-o",
        funkqa.result(recipe),
    )
    assert done.returncode == 0, done.stdout + done.stderr
