"""How zypper and dnf are called, and what their answers mean."""

from pathlib import Path

import pytest

from funkqa.model.errors import CommandFailed, PackageError, ToolMissing, UsageError
from funkqa.model.place import Place
from funkqa.model.units import BuildId
from funkqa.packages.backend import choose, debuginfo_capability, unreadable_remedy
from funkqa.packages.dnf import Dnf
from funkqa.packages.reasons import of_dnf, of_zypper
from funkqa.packages.zypper import Zypper
from tests.fakeprogram import FakeProgram, on_path

HOME = Path("/var/tmp/home")
XML = """Loading repository data...
<?xml version='1.0'?>
<stream>
<message type="info">Reading installed packages...</message>
<message type="error">Problem: nothing provides &apos;libx.so.1&apos;
  needed by the to be installed y-1-1.x86_64</message>
<prompt id="1"><description>Problem: nothing provides libx
  Solution 1: do not install y</description><text>Choose</text></prompt>
<message type="warning">  </message>
<message type="error">Problem: nothing provides &apos;libx.so.1&apos; needed by the to be installed
y-1-1.x86_64</message>
</stream>
"""
REASONS = (
    "Problem: nothing provides 'libx.so.1' needed by the to be installed y-1-1.x86_64; "
    "Problem: nothing provides libx Solution 1: do not install y"
)


def place(root: Path, *programs: str) -> Place:
    for program in programs:
        path = root / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return Place(root)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeProgram:
    return on_path(monkeypatch, tmp_path / "bin", "zypper", "--")


@pytest.fixture
def zypper(tmp_path: Path, fake: FakeProgram) -> Zypper:
    return Zypper(Place(tmp_path), (), HOME)


def test_zypper_is_asked_without_questions_and_with_a_home_of_its_own(zypper: Zypper, fake: FakeProgram) -> None:
    assert zypper.install(["bzip2", "gzip"]) == ()
    (call,) = fake.calls
    assert call.arguments == [
        *("--non-interactive", "--xmlout", "install", "--no-recommends", "--", "bzip2", "gzip")
    ]
    assert call.environment == {"HOME": str(HOME), "LC_ALL": "C.UTF-8", "ZYPP_LOCK_TIMEOUT": "20"}


def test_zypper_takes_unsigned_packages_from_named_repositories_only(tmp_path: Path, fake: FakeProgram) -> None:
    Zypper(Place(tmp_path), ("dir:/a", "http://b"), HOME).install(["bzip2"])
    (call,) = fake.calls
    options = ["--no-gpg-checks", "--plus-repo", "dir:/a", "--plus-repo", "http://b"]
    assert call.arguments[2 : call.arguments.index("install")] == options


def test_zypper_runs_in_the_place_with_the_hosts_network(tmp_path: Path, fake: FakeProgram) -> None:
    entered = Place(tmp_path, ("false",), ("env", "LC_ALL=entered"))
    Zypper(entered, (), HOME).install(["bzip2"])
    assert fake.calls[0].environment["LC_ALL"] == "entered"


@pytest.mark.parametrize(("code", "warning"), [(0, ""), (102, ""), (103, ""), (106, "repository"), (107, "%post")])
def test_exit_codes_of_zypper_that_mean_installed(
    zypper: Zypper, fake: FakeProgram, code: int, warning: str
) -> None:
    fake.answers(code, XML)
    warnings = zypper.install(["bzip2"])
    assert len(warnings) == bool(warning)
    assert all(warning in text for text in warnings)


def test_a_warning_names_the_scriptlet_that_failed(zypper: Zypper, fake: FakeProgram) -> None:
    said = "rpm: noise\nwarning: %post(a-1-1.x86_64) scriptlet failed, exit status 3\n"
    fake.answers(107, f"<?xml version='1.0'?><stream><message type='info'>{said}</message></stream>")
    assert zypper.install(["a"]) == ("installed, but %post(a-1-1.x86_64) scriptlet failed, exit status 3",)


SKIPPED = """<?xml version='1.0'?>
<stream>
<message type="error">Repository &apos;http://b/&apos; is invalid.
[~plus-repo-1|http://b/] Valid metadata not found at specified URL
Error message: Could not resolve host: b


Please check if the URIs defined for this repository are pointing to a valid repository.
</message>
<message type="warning">Skipping repository &apos;http://b/&apos; because of the above error.</message>
<message type="error">Some of the repositories have not been refreshed because of an error.</message>
<install-summary><to-install><solvable><description>A compressor.</description></solvable></to-install>
</install-summary>
</stream>
"""


def test_a_configured_repository_that_cannot_be_read_is_a_warning(zypper: Zypper, fake: FakeProgram) -> None:
    fake.answers(106, SKIPPED)
    said = "zypper went on without the repository http://b/: Could not resolve host: b"
    assert zypper.install(["bzip2"]) == (said,)


@pytest.mark.parametrize("code", [0, 104, 106])
def test_a_repository_that_was_asked_for_must_be_readable(tmp_path: Path, fake: FakeProgram, code: int) -> None:
    fake.answers(code, SKIPPED)
    with pytest.raises(PackageError) as caught:
        Zypper(Place(tmp_path), ("http://b",), HOME).install(["bzip2"])
    assert caught.value.message == "the repository http://b can't be read: Could not resolve host: b"
    assert caught.value.hint.endswith("curl --location --head http://b/repodata/repomd.xml")


@pytest.mark.parametrize(
    ("code", "hint"), [(1, ""), (2, ""), (4, ""), (6, "--repo"), (7, "lock"), (8, ""), (104, "--repo")]
)
def test_exit_codes_of_zypper_that_mean_failed(zypper: Zypper, fake: FakeProgram, code: int, hint: str) -> None:
    fake.answers(code, XML)
    with pytest.raises(PackageError) as caught:
        zypper.install(["bzip2"])
    assert REASONS in caught.value.message
    assert f"exit code {code}" in caught.value.message
    assert hint in caught.value.hint
    assert bool(hint) == bool(caught.value.hint)


def test_a_failure_without_xml_shows_the_last_lines(zypper: Zypper, fake: FakeProgram) -> None:
    fake.answers(1, "no such device\n")
    with pytest.raises(PackageError, match="no such device"):
        zypper.install(["bzip2"])


def test_debuginfo_is_asked_by_build_id_with_debug_repositories(zypper: Zypper, fake: FakeProgram) -> None:
    zypper.install_debuginfo([BuildId("ab"), BuildId("cd")])
    (call,) = fake.calls
    assert call.arguments[call.arguments.index("--plus-content") + 1] == "debug"
    assert call.arguments.index("--plus-content") < call.arguments.index("install")
    assert call.arguments[-2:] == ["debuginfo(build-id) = ab", "debuginfo(build-id) = cd"]


def test_build_ids_that_nobody_provides_do_not_spoil_the_others(zypper: Zypper, fake: FakeProgram) -> None:
    identifiers = [BuildId(f"{number:02x}") for number in range(9)]
    unknown = {identifiers[0], identifiers[5], identifiers[6]}
    known = {debuginfo_capability(one) for one in identifiers if one not in unknown}
    fake.answers(known=known, unknown=104)

    assert zypper.install_debuginfo(identifiers) == ()
    asked = [set(call.arguments[call.arguments.index("--") + 1 :]) for call in fake.calls]
    assert set().union(*(words for words in asked if words <= known)) == known


def test_a_build_id_that_nobody_provides_is_no_error(zypper: Zypper, fake: FakeProgram) -> None:
    fake.answers(known=(), unknown=104)
    assert zypper.install_debuginfo([BuildId("ab")]) == ()


def test_debuginfo_that_cannot_be_installed_for_another_reason_is_an_error(
    zypper: Zypper, fake: FakeProgram
) -> None:
    fake.answers(4, XML)
    with pytest.raises(PackageError) as caught:
        zypper.install_debuginfo([BuildId("ab"), BuildId("cd")])
    assert isinstance(caught.value.__cause__, CommandFailed)
    assert len(fake.calls) == 1


@pytest.mark.parametrize(
    ("output", "reasons"),
    [(XML, REASONS), ("", ""), ("plain text", ""), ("<?xml version='1.0'?><stream><message", ""), ("<?xml?>", "")],
)
def test_reasons_are_read_from_what_zypper_writes(output: str, reasons: str) -> None:
    assert of_zypper(output) == reasons


@pytest.mark.parametrize(
    ("name", "own", "skip", "download"),
    [
        ("dnf5", [], "--skip-unavailable", ["download", "--resolve"]),
        ("dnf", ["--setopt=exit_on_lock=1"], "--setopt=strict=0", ["install", "--downloadonly"]),
    ],
)
def test_command_lines_of_dnf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, own: list[str], skip: str, download: list[str]
) -> None:
    fake = on_path(monkeypatch, tmp_path / "bin", name, "--")
    dnf = Dnf(name, Place(tmp_path), ("file:///a", "http://b"), HOME)
    assert dnf.install(["bzip2"]) == ()
    assert dnf.install_debuginfo([BuildId("ab")]) == ()
    assert dnf.download_debuginfo([BuildId("ab")], Path("/into")) == []

    always = ["--assumeyes", "--setopt=install_weak_deps=0", *own]
    for number, uri in enumerate(("file:///a", "http://b")):
        alias = f"funkqa-{number}"
        settings = (f"--setopt={alias}.gpgcheck=0", f"--setopt={alias}.skip_if_unavailable=0")
        always += [f"--repofrompath={alias},{uri}", *settings]
    debug = ["--enablerepo=*debug*", "--", "debuginfo(build-id) = ab"]
    assert [call.arguments for call in fake.calls] == [
        [*always, "install", "--", "bzip2"],
        [*always, "install", skip, *debug],
        [*always, *download, "--destdir=/into", skip, *debug],
    ]
    assert fake.calls[0].environment["HOME"] == str(HOME)


@pytest.mark.parametrize(
    ("name", "said"),
    [("dnf5", "No matching repositories for *debug*. Add"), ("dnf", "Error: Unknown repo: '*debug*'")],
)
def test_without_any_debug_repository_those_of_the_run_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    fake = on_path(monkeypatch, tmp_path / "bin", name, "--")
    fake.answers(2, f"{said}\n")
    dnf = Dnf(name, Place(tmp_path), (), HOME)
    for ask in (dnf.install_debuginfo, dnf.offered):
        with pytest.raises((CommandFailed, PackageError), match="debug"):
            ask([BuildId("ab")])
    asked = ["--enablerepo=*debug*" in call.arguments for call in fake.calls]
    assert asked == [True, False, True, False]


def test_a_busy_dnf_is_waited_for_and_then_told_with_its_holder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZYPP_LOCK_TIMEOUT", "0.3")
    fake = on_path(monkeypatch, tmp_path / "bin", "dnf", "--")
    fake.answers(200, "metadata already locked by 812\n  The application with PID 812 is: packagekitd\n")
    with pytest.raises(
        PackageError, match="already locked by 812; The application with PID 812 is: pack"
    ) as caught:
        Dnf("dnf", Place(tmp_path), (), HOME).install(["bzip2"])
    assert "wait until the program that holds the lock ends" in caught.value.hint
    assert len(fake.calls) > 1


def test_a_failure_of_dnf_names_the_packages_and_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path(monkeypatch, tmp_path / "bin", "dnf5", "--").answers(1, "No match for argument: nosuch\n")
    with pytest.raises(PackageError, match="nosuch") as caught:
        Dnf("dnf5", Place(tmp_path), (), HOME).install(["nosuch"])
    assert "No match for argument" in caught.value.message
    assert "dnf5 repoquery --whatprovides nosuch" in caught.value.hint


def test_what_dnf_says_of_a_repository_is_told_with_its_uri() -> None:
    said = (
        "Unable to detect release version\nErrors during downloading metadata for repository 'funkqa-0':\n"
        "  - Curl error (7): refused\nError: Failed to download metadata for repo 'funkqa-0': no repomd.xml\n"
    )
    reasons = of_dnf(said, {"funkqa-0": "http://b/"})
    assert reasons == "Curl error (7): refused; Failed to download metadata for repo http://b/: no repomd.xml"


@pytest.mark.parametrize(
    ("programs", "name", "chosen"),
    [
        (("usr/bin/zypper", "usr/bin/dnf5", "usr/bin/dnf"), None, "zypper"),
        (("usr/bin/dnf5", "usr/bin/dnf"), None, "dnf5"),
        (("usr/bin/dnf",), None, "dnf"),
        (("usr/sbin/zypper",), None, "zypper"),
        (("usr/bin/zypper", "usr/bin/dnf"), "dnf", "dnf"),
    ],
)
def test_the_first_package_manager_that_the_place_has_is_chosen(
    tmp_path: Path, programs: tuple[str, ...], name: str | None, chosen: str
) -> None:
    manager = choose(name, place(tmp_path, *programs), ["dir:/a"], HOME)
    assert manager.name == chosen
    assert isinstance(manager, Zypper if chosen == "zypper" else Dnf)
    assert (manager.repositories, manager.home) == (("dir:/a",), HOME)


@pytest.mark.parametrize(
    ("programs", "name", "error"),
    [((), None, ToolMissing), (("usr/bin/dnf",), "zypper", ToolMissing), (("usr/bin/dnf",), "apt", UsageError)],
)
def test_a_package_manager_that_is_not_there_is_an_error(
    tmp_path: Path, programs: tuple[str, ...], name: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        choose(name, place(tmp_path, *programs), [], HOME)


@pytest.mark.parametrize(
    ("uri", "command"),
    [
        ("/a b", "createrepo_c '/a b'"),
        ("file:///none", "createrepo_c /none"),
        ("dir:/none", "createrepo_c /none"),
        ("file:/a%20b", "createrepo_c '/a b'"),
        ("http://b/", "curl --location --head http://b/repodata/repomd.xml"),
    ],
)
def test_the_remedy_for_a_repository_is_a_command_that_can_be_run(uri: str, command: str) -> None:
    assert unreadable_remedy(uri).endswith(f": {command}")
