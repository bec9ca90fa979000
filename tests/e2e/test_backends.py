"""The same of every package manager: real ones of this host and of a newer Debian, in throw-away roots."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from funkqa.debuginfo.locate import debug_path
from funkqa.elf.image import read_facts
from funkqa.model.errors import PackageError
from funkqa.model.place import Place
from funkqa.model.plan import DebugFileStatus
from funkqa.model.units import BuildId
from funkqa.packages import backend, rpmdb
from funkqa.packages.backend import PackageManager
from funkqa.pipeline import ownership, target
from funkqa.pipeline.target import Target
from funkqa.runner import sandbox
from funkqa.store.reader import read_result
from tests.compiling import compile_c
from tests.e2e import rpms
from tests.e2e.running import Funkqa
from tests.elfwriter import EM_386, EM_AARCH64, EM_PPC64, EM_S390, elf

CHECKOUT = Path(__file__).parents[2]
REFUSED = "http://127.0.0.1:9/"
"""Nobody listens there."""

LOCKING = """
import fcntl, sys
file = open(sys.argv[1], "w")
fcntl.lockf(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
"""
UNKNOWN = BuildId("ab" * 20)
EM_RISCV = 243
OTHER_MACHINES = {
    "a program for EM_RISCV": elf(machine=EM_RISCV),
    "a program for i686": elf(machine=EM_386, bits=32),
    "a program for aarch64": elf(machine=EM_AARCH64),
    "a program for s390x": elf(machine=EM_S390, big_endian=True),
    "a program for ppc64": elf(machine=EM_PPC64, big_endian=True),
}
"""By the reason for which this machine doesn't measure them."""
BUILD = "1.0-1.suse.x86_64"


@dataclass(frozen=True, slots=True)
class Backend:
    """A package manager by name, and the root it is taken from (empty: this host's)."""

    name: str
    release: str

    @property
    def root(self) -> Path:
        return CHECKOUT / ".cache/roots" / self.release if self.release else Path("/")

    def options(self, repository: Path, *files: str) -> list[str]:
        """What names these files of a repository on the command line, or the whole repository."""
        if self.name == "rpm":
            named = [option for file in files for option in ("--rpm", str(repository / file))]
            return [*named, "--root", str(self.root)]
        return ["--repo", str(repository), "--backend", self.name, "--root", str(self.root)]

    @contextmanager
    def opened(
        self, *repositories: str | Path, files: Sequence[Path] = ()
    ) -> Iterator[tuple[Place, PackageManager]]:
        """A throw-away root with the package manager; rpm has the files, all others the repositories."""
        alone = self.name == "rpm"
        where = Target(
            root=self.root,
            repositories=() if alone else tuple(map(str, repositories)),
            rpms=tuple(files) if alone else (),
        )
        with ExitStack() as undo:
            place, uris = undo.enter_context(target.opened(where))
            home = undo.enter_context(target.home(place))
            chosen = None if alone else self.name
            yield place, backend.choose(chosen, place, uris, home, target.package_files(where))

    def __str__(self) -> str:
        return f"{self.name} {self.release}".strip()


WITH_REPOSITORIES = (
    *(Backend("zypper", ""), Backend("dnf", "")),
    *(Backend("zypper", "forky"), Backend("dnf5", "forky")),
)
ALL = (*WITH_REPOSITORIES, Backend("rpm", ""), Backend("rpm", "forky"))
every = pytest.mark.parametrize("backend_", ALL, ids=str)
every_with_repositories = pytest.mark.parametrize("backend_", WITH_REPOSITORIES, ids=str)


@pytest.fixture(scope="session", autouse=True)
def forky(measurable_host: None) -> None:
    made = subprocess.run(
        [CHECKOUT / "tests/roots/make", "forky"], capture_output=True, text=True, errors="replace", check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr


def installed(place: Place) -> set[str]:
    return {str(nevra) for nevra in rpmdb.installed(place.root)}


def files(repository: Path, *names: str) -> list[Path]:
    return [repository / f"{name}.rpm" for name in names]


def labtools(repository: Path) -> list[Path]:
    names = ("labtools", "labtools-plugins", "labtools-debuginfo", "labtools-plugins-debuginfo")
    return files(repository, "host-libraries-1-1.x86_64", *(f"{name}-{BUILD}" for name in names))


def build_id(place: Place, path: str) -> BuildId:
    with place.path(path).open("rb") as stream:
        return read_facts(stream, path).build_id


@every
def test_a_recipe_is_measured_with_the_debuginfo_of_exactly_its_builds(
    funkqa: Funkqa, repository: Path, backend_: Backend
) -> None:
    recipe = funkqa.recipe("exact", "component: bzip2\nalso: libbz2-1\nexecute: echo x | bzip2 | bunzip2\n")
    names = [
        f"{name}-1.0.8-1.suse.x86_64.rpm"
        for name in ("bzip2", "libbz2-1", "bzip2-debuginfo", "libbz2-1-debuginfo")
    ]
    options = backend_.options(repository, "host-libraries-1-1.x86_64.rpm", *names)
    done = funkqa("run", str(recipe), *options, "-o", funkqa.result(recipe))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stderr
    measured = read_result(Path(funkqa.result(recipe)))
    assert measured.run.environment["backend"] == backend_.name
    assert {image.path: (image.role.value, image.debug) for image in measured.images} == {
        "/usr/bin/bzip2": ("program", DebugFileStatus.MERGED),
        "/usr/bin/bzip2recover": ("program", DebugFileStatus.MERGED),
        "/usr/lib64/libbz2.so.1.0.8": ("library", DebugFileStatus.MERGED),
    }
    assert {image.debug_package for image in measured.images} == {
        "bzip2-debuginfo-1.0.8-1.suse.x86_64",
        "libbz2-1-debuginfo-1.0.8-1.suse.x86_64",
    }


@every
def test_what_is_unknown_is_told_and_nothing_is_installed(repository: Path, backend_: Backend) -> None:
    with backend_.opened(repository, files=labtools(repository)) as (place, packager):
        before = installed(place)
        with pytest.raises(PackageError) as caught:
            packager.install(["labtools", "no-such-package"])
        assert "no-such-package" in caught.value.message
        assert "no-such-package" in caught.value.hint
        assert "--repo" in caught.value.hint or "--rpm no-such-package" in caught.value.hint
        assert installed(place) == before


@every_with_repositories
def test_a_repository_that_refuses_is_an_error_even_if_another_has_the_package(
    repository: Path, backend_: Backend
) -> None:
    with backend_.opened(repository, REFUSED) as (_, packager):
        with pytest.raises(PackageError) as caught:
            packager.install(["labnoelf"])
        assert REFUSED in caught.value.message
        assert "connect to server" in caught.value.message
        assert f"curl --location --head {REFUSED}repodata/repomd.xml" in caught.value.hint


@every
def test_a_scriptlet_that_fails_after_the_installation_is_a_warning(repository: Path, backend_: Backend) -> None:
    named = files(repository, "host-libraries-1-1.x86_64", f"labfail-{BUILD}")
    with backend_.opened(repository, files=named) as (place, packager):
        said = f"installed, but %post(labfail-{BUILD}) scriptlet failed, exit status 3"
        assert packager.install(["labfail"]) == (said,)
        assert f"labfail-{BUILD}" in installed(place)


@every
def test_a_scriptlet_that_keeps_the_package_out_is_an_error(tmp_path: Path, backend_: Backend) -> None:
    (tmp_path / "text").touch()
    rpm = rpms.package(
        tmp_path / "repo", "refuses", {"/opt/refuses": tmp_path / "text"}, header=["%pre", "exit 5"]
    )
    with backend_.opened(rpms.index(tmp_path / "repo"), files=[rpm]) as (place, packager):
        with pytest.raises(PackageError, match="refuses-1-1"):
            packager.install(["refuses"])
        assert "refuses-1-1.x86_64" not in installed(place)


@every
def test_what_is_installed_already_is_no_error(repository: Path, backend_: Backend) -> None:
    with backend_.opened(repository, files=labtools(repository)) as (place, packager):
        assert packager.install(["labtools"]) == ()
        before = installed(place)
        assert packager.install(["labtools"]) == ()
        assert installed(place) == before > {f"labtools-{BUILD}"}


@every
def test_unsigned_packages_of_named_sources_are_taken_and_the_epoch_is_told(
    tmp_path: Path, backend_: Backend
) -> None:
    (tmp_path / "text").touch()
    rpm = rpms.package(tmp_path / "repo", "late", {"/opt/late": tmp_path / "text"}, header=["Epoch: 3"])
    with backend_.opened(rpms.index(tmp_path / "repo"), files=[rpm]) as (place, packager):
        packager.install(["late"])
        (package,) = rpmdb.read_packages(place.root, ["late"], (), False)
        assert str(package.nevra) == "late-3:1-1.x86_64"


@every_with_repositories
def test_of_two_architectures_the_machines_own_is_taken(tmp_path: Path, backend_: Backend) -> None:
    (tmp_path / "text").touch()
    for arch in ("i686", "x86_64", "aarch64"):
        made = rpms.package(tmp_path / arch, "both", {"/opt/both": tmp_path / "text"}, arch=arch)
        (tmp_path / "repo").mkdir(exist_ok=True)
        made.rename(tmp_path / f"repo/both.{arch}.rpm")
    with backend_.opened(rpms.index(tmp_path / "repo")) as (place, packager):
        packager.install(["both"])
        assert {name for name in installed(place) if name.startswith("both")} == {"both-1-1.x86_64"}


@every
def test_programs_of_other_machines_are_skipped_with_the_reason(tmp_path: Path, backend_: Backend) -> None:
    program = compile_c(tmp_path / "native", "int main(void) { return 0; }", "-Wl,--build-id")
    paths = {"/opt/machines/native": program}
    for reason, content in OTHER_MACHINES.items():
        path = tmp_path / reason.split()[-1]
        path.write_bytes(content)
        paths[f"/opt/machines/{path.name}"] = path
    rpm = rpms.package(tmp_path / "repo", "machines", paths)
    with backend_.opened(rpms.index(tmp_path / "repo"), files=[rpm]) as (place, packager), ExitStack() as undo:
        packager.install(["machines"])
        packages = rpmdb.read_packages(place.root, ["machines"], (), False)
        elves, unmeasured = ownership.hold_elf_files(place, packages, False, undo)
    assert [elf.path for elf in elves] == ["/opt/machines/native"]
    assert sorted(each.reason for each in unmeasured) == sorted(OTHER_MACHINES)
    assert {each.path.rpartition("/")[2] for each in unmeasured} == {each.split()[-1] for each in OTHER_MACHINES}


@every
def test_debuginfo_is_installed_by_build_id_and_an_unknown_one_does_no_harm(
    repository: Path, backend_: Backend
) -> None:
    with backend_.opened(repository, files=labtools(repository)) as (place, packager):
        packager.install(["labtools"])
        known = build_id(place, "/usr/bin/labsuid")
        packager.install_debuginfo([UNKNOWN, known])
        assert place.path(debug_path(known)).exists()
        assert f"labtools-debuginfo-{BUILD}" in installed(place)
        assert packager.install_debuginfo([UNKNOWN])[1:] == ()


@every
def test_debuginfo_can_be_downloaded_without_installing_it(repository: Path, backend_: Backend) -> None:
    with backend_.opened(repository, files=labtools(repository)) as (place, packager):
        packager.install(["labtools"])
        before = installed(place)
        taken = packager.download_debuginfo([build_id(place, "/usr/bin/labsuid"), UNKNOWN], Path("/var/tmp/taken"))
        assert f"labtools-debuginfo-{BUILD}.rpm" in {path.name for path in taken}
        assert all(path.is_relative_to(place.path("/var/tmp/taken")) for path in taken)
        assert installed(place) == before


@every
def test_what_is_offered_is_told_by_nevra(repository: Path, backend_: Backend) -> None:
    with backend_.opened(repository, files=labtools(repository)) as (_, packager):
        offered = packager.offered(["labtools", "labtools-debuginfo", "no-such-package"])
        assert set(offered) == {f"labtools-{BUILD}", f"labtools-debuginfo-{BUILD}"}


@every
def test_packages_of_the_same_source_and_those_that_globs_match_count(repository: Path, backend_: Backend) -> None:
    with backend_.opened(repository, files=labtools(repository)) as (place, packager):
        packager.install(["labtools", "labtools-plugins"])
        packager.install_debuginfo([build_id(place, "/usr/bin/labsuid")])

        def names(globs: Sequence[str], same_source: bool) -> set[str]:
            return {each.name for each in rpmdb.read_packages(place.root, ["labtools"], globs, same_source)}

        assert names((), False) == {"labtools"}
        assert names(("lab*-plug*",), False) == {"labtools", "labtools-plugins"}
        assert names(("lab*",), False) == {"labtools", "labtools-plugins"}
        assert names((), True) == {"labtools", "labtools-plugins"}


@contextmanager
def locked(place: Place, path: str) -> Iterator[int]:
    """Hold rpm's lock from inside the place; the PID of the holder, as this process knows it."""
    command = [*place.enter, "/usr/bin/python3", "-c", LOCKING, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        yield holder.pid
        holder.communicate()


@every
def test_a_locked_database_is_told_and_installs_nothing(
    repository: Path, backend_: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZYPP_LOCK_TIMEOUT", "1")
    with backend_.opened(repository, files=labtools(repository)) as (place, packager):
        place.path("/var/lib/rpm").mkdir(exist_ok=True)
        before = installed(place)
        with locked(place, "/var/lib/rpm/.rpm.lock"), pytest.raises(PackageError) as caught:
            packager.install(["labtools"])
        assert "lock" in caught.value.message
        assert "wait until the program that holds the lock ends" in caught.value.hint
        assert installed(place) == before
        assert packager.install(["labtools"]) == ()


@pytest.mark.parametrize("name", ["zypper", "dnf5"])
@pytest.mark.parametrize("options", [(), ("--no-sandbox",)], ids=["throw-away root", "running system"])
def test_funkqa_itself_runs_on_the_newer_release(repository: Path, name: str, options: tuple[str, ...]) -> None:
    """Its python, bcc, rpm and elfutils are another major version; the recipe's own minimum is reached."""
    binds = {"/opt/funkqa": CHECKOUT, "/opt/repository": repository}
    with sandbox.opened(lower=CHECKOUT / ".cache/roots/forky", binds=binds) as place:
        # The first process of a throw-away root takes modules from their own folders only.
        place.path("/usr/lib/python3/dist-packages/funkqa.pth").write_text("/opt/funkqa\n")
        subprocess.run([*place.enter, "mount", "-t", "cgroup2", "none", "/sys/fs/cgroup"], check=True)
        command = ["/usr/bin/python3", "-m", "funkqa", "run", "/opt/funkqa/recipes/bzip2.yaml", "--backend", name]
        command += ["--repo", "/opt/repository", "-o", "/run/r.funkqa", "--quiet", *options]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "FUNKQA_CACHE": "/run/cache"}
        done = subprocess.run(
            [*place.enter, *command], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stderr == ""
