"""funkqa's own package: read, installed with zypper in a throw-away root, and run from there."""

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from funkqa.cli.main import VERBS
from funkqa.cli.schema import KINDS
from funkqa.doctor import libraries
from funkqa.doctor.tools import TOOLS
from funkqa.model.place import Place
from funkqa.runner import sandbox
from funkqa.store.reader import read_result
from tests.e2e import rpms

CHECKOUT = Path(__file__).parents[2]
ROOT = CHECKOUT / ".cache/roots/forky"
SPEC = CHECKOUT / "rpm/funkqa.spec"
SITE = "/usr/lib/python3/dist-packages"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", "TERM": "dumb"}
DEBIAN = {
    "python3-bcc": "python3-bpfcc",
    "python3-junit_xml": "python3-junit.xml",
    "python3-pyyaml": "python3-yaml",
    "elfutils-libs": "libdw1t64",
}
"""What Debian calls packages that it names otherwise than Fedora."""


def said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def built(measurable_host: None) -> Mapping[str, Path]:
    """The packages by name. Both are up to date if nothing that goes into them has changed."""
    for command in ("tests/roots/make forky", "rpm/build --root .cache/roots/forky"):
        done = subprocess.run(command.split(), cwd=CHECKOUT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    packages = [path for path in (CHECKOUT / ".cache/rpm").glob("*.rpm") if not path.name.endswith(".src.rpm")]
    return {said("rpm", "-qp", "--qf", "%{NAME}", str(path)): path for path in packages}


@pytest.fixture(scope="module")
def place(
    built: Mapping[str, Path], repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """A throw-away root of Debian forky in which zypper has installed both packages."""
    own = tmp_path_factory.mktemp("rpm") / "repository"
    own.mkdir()
    for name in ("funkqa", "funkqa-recipes"):
        (own / built[name].name).write_bytes(built[name].read_bytes())
    binds = {"/opt/own": own, "/opt/repository": repository}
    with sandbox.opened(lower=ROOT, binds=binds) as place:
        rpms.package(own, "debian", {}, provides=tuple(provided(place, built["funkqa"])))
        rpms.index(own)
        # Debian's rpm has its database in the user's home.
        place.path("/root/.rpmmacros").write_text("%_dbpath /var/lib/rpm\n")
        inside(place, "mount -t cgroup2 none /sys/fs/cgroup")
        inside(place, "zypper --quiet addrepo --no-gpgcheck /opt/own own")
        inside(place, "zypper --non-interactive install funkqa")
        yield place


def provided(place: Place, package: Path) -> Iterator[str]:
    """What the package requires, as Debian's packages in the root have it: zypper knows RPM packages only."""
    libraries = "find /usr/lib/x86_64-linux-gnu -maxdepth 1 -name 'lib*.so.*' | /usr/lib/rpm/elfdeps --provides"
    sonames = {*inside(place, libraries).split("\n"), "rtld(GNU_HASH)"}
    for requirement in set(said("rpm", "-qp", "--requires", str(package)).splitlines()):
        name = requirement.split(" ")[0]
        if name.startswith("/"):
            assert place.path(name).exists(), requirement
            yield name
        elif requirement in sonames:
            yield requirement
        elif not name.startswith("rpmlib("):
            version = inside(place, f"dpkg-query --show --showformat='${{Version}}' {DEBIAN.get(name, name)}")
            assert version, f"{requirement}: not installed in the root"
            yield f"{name} = {re.sub(r'^[0-9]+:|[-+~].*', '', version)}"


def inside(place: Place, script: str) -> str:
    """What a script of bash prints that ends well in the root."""
    command = [*place.enter, "bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(
        command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{script}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def files(package: Path) -> dict[str, str]:
    """Path to mode, owner and group."""
    each = "[%{FILENAMES}\t%{FILEMODES:perms} %{FILEUSERNAME} %{FILEGROUPNAME}\n]"
    return dict(line.split("\t") for line in said("rpm", "-qp", "--qf", each, str(package)).splitlines())


def sources(folder: str) -> set[str]:
    listed = said("git", "-C", str(CHECKOUT), "ls-files", "-co", "--exclude-standard", folder).splitlines()
    return {path for path in listed if (CHECKOUT / path).is_file()}


def without_folders(package: Path) -> set[str]:
    return {path for path, mode in files(package).items() if not mode.startswith("d")}


def test_the_package_owns_the_program_and_nothing_but_it(built: Mapping[str, Path]) -> None:
    owned = without_folders(built["funkqa"])
    code = {path for path in owned if path.startswith(f"{SITE}/funkqa/")}
    modules = {f"{SITE}/{path}" for path in sources("funkqa")}
    bpf = {f"{SITE}/funkqa/{path}" for path in sources("bpf")}
    assert {path for path in code if "/__pycache__/" not in path} == modules | bpf | {f"{SITE}/funkqa/bpf/shim"}
    compiled = {re.sub(r"/__pycache__/(\w+)\.cpython-\d+\.pyc$", r"/\1.py", path) for path in code - modules - bpf}
    assert compiled == {path for path in modules if path.endswith(".py")} | {f"{SITE}/funkqa/bpf/shim"}
    metadata = {path for path in owned if ".dist-info/" in path}
    assert {path.rsplit("/", 1)[1] for path in metadata} >= {"METADATA", "WHEEL", "entry_points.txt"}
    pages = {f"/usr/share/man/man1/{name}.1.gz" for name in ("funkqa", *(f"funkqa-{verb}" for verb in VERBS))}
    schemas = {f"/usr/share/funkqa/schemas/{kind}.schema.json" for kind in KINDS}
    assert owned - code - metadata == pages | schemas | {
        "/usr/bin/funkqa",
        "/usr/libexec/funkqa/shim",
        "/usr/share/bash-completion/completions/funkqa",
        "/usr/share/doc/funkqa-0.1.0/README.md",
        "/usr/share/fish/vendor_completions.d/funkqa.fish",
        "/usr/share/licenses/funkqa-0.1.0/COPYING",
        "/usr/share/licenses/funkqa-0.1.0/LICENSE",
        "/usr/share/zsh/site-functions/_funkqa",
    }


def test_the_recipes_are_a_package_of_their_own_for_every_architecture(built: Mapping[str, Path]) -> None:
    recipes = {f"/usr/share/funkqa/{path}" for path in sources("recipes") if path.endswith(".yaml")}
    assert without_folders(built["funkqa-recipes"]) == recipes | {
        "/usr/share/doc/funkqa-recipes-0.1.0/README.md",
        "/usr/share/doc/funkqa-recipes-0.1.0/TUTORIAL.md",
        "/usr/share/licenses/funkqa-recipes-0.1.0/LICENSE",
    }
    tags = said("rpm", "-qp", "--qf", "%{ARCH} %{LICENSE}", str(built["funkqa-recipes"]))
    assert tags == "noarch MIT"
    tags = said("rpm", "-qp", "--qf", "%{ARCH} %{LICENSE}", str(built["funkqa"]))
    assert tags == "x86_64 MIT AND GPL-2.0-only"


def test_every_file_is_roots_and_only_programs_are_executable(built: Mapping[str, Path]) -> None:
    listed = {**files(built["funkqa"]), **files(built["funkqa-recipes"])}
    assert {mode.split(" ", 1)[1] for mode in listed.values()} == {"root root"}
    modes = {mode.split(" ")[0] for mode in listed.values()}
    assert modes == {"drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x", "lrwxrwxrwx"}
    executable = {path for path, mode in listed.items() if mode.startswith("-rwx")}
    assert executable == {"/usr/bin/funkqa"}


@pytest.mark.parametrize("vendor", ["suse_version 1600", "fedora 42"])
def test_what_is_imported_and_started_is_required_by_the_names_of_the_distribution(vendor: str) -> None:
    query = ["rpmspec", "--query", "--define", vendor, "--define", "_dbpath /nonexistent"]
    required = set(said(*query, "--requires", str(SPEC)).splitlines())
    names = {requirement.split(" ")[0] for requirement in required}
    suse = "suse" in vendor
    spelled = {"pyyaml": "PyYAML", "jinja2": "Jinja2"} if suse else {"junit-xml": "junit_xml"}
    for dependency in tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["dependencies"]:
        name, version = dependency.split(">=")
        name = spelled.get(name.lower(), name.lower())
        assert any(re.fullmatch(rf"python3-{name} >= {version}(\.0)?", each) for each in required), dependency
    assert {each.package for each in TOOLS} <= names
    assert {"python3-bcc", "python3-rpm", "libdw1" if suse else "elfutils-libs", "coreutils"} <= names
    assert {each.packages.split(" ")[0] for each in (libraries.BCC, libraries.RPM, libraries.CAPSTONE)} <= names
    recommended = said(*query, "--queryformat", "[%{RECOMMENDNAME}\n]", str(SPEC)).splitlines()
    client = "debuginfod-client" if suse else "elfutils-debuginfod-client"
    assert {"(zypper or dnf5 or dnf)", "funkqa-recipes", client} <= set(recommended)


def test_the_unit_tests_ran_without_root_when_it_was_built(built: Mapping[str, Path]) -> None:
    log = (CHECKOUT / ".cache/rpm/build.log").read_text()
    assert "\nunit tests as user 65534\n" in log
    counts = dict(reversed(each) for each in re.findall(r"(\d+) (passed|failed|errors?)", log.splitlines()[-1]))
    summary = [line for line in log.splitlines() if re.search(r"\d+ passed.* in [\d.]+s", line)]
    assert len(summary) == 1
    assert "failed" not in summary[0]
    assert int(summary[0].split(" passed")[0].split()[-1]) > 2000, counts


def test_rpmlint_finds_nothing_that_has_no_reason(built: Mapping[str, Path]) -> None:
    told = said(str(CHECKOUT / "rpm/show"), "--root", str(ROOT))
    assert "3 packages and 1 specfiles checked; 0 errors, 0 warnings" in told
    assert {path.name for path in built.values()} <= set(told.splitlines())
    assert "  -rwxr-xr-x root root /usr/bin/funkqa\n" in told


def test_what_is_installed_is_what_runs(place: Place) -> None:
    assert inside(place, "cd /; funkqa --version") == "funkqa, version 0.1.0\n"
    where = inside(place, "cd /; python3 -c 'import funkqa; print(funkqa.__file__)'")
    assert where == f"{SITE}/funkqa/__init__.py\n"
    assert (
        inside(place, "readlink -f /usr/lib/python3/dist-packages/funkqa/bpf/shim") == "/usr/libexec/funkqa/shim\n"
    )
    assert "T funkqa_exec" in inside(place, f"nm {SITE}/funkqa/bpf/shim")
    listed = inside(place, "funkqa recipes").splitlines()
    assert {line.split()[0] for line in listed} == {path.stem for path in (CHECKOUT / "recipes").glob("*.yaml")}


def test_the_doctor_of_the_installed_package_finds_all_it_needs(place: Place) -> None:
    examination = json.loads(inside(place, "funkqa doctor --json"))
    lacking = [each for each in examination["findings"] if each["required"] and each["status"] != "supported"]
    assert not lacking


def test_a_recipe_is_run_by_its_name_from_the_installed_package(place: Place, tmp_path: Path) -> None:
    before = inside(place, f"find {SITE}/funkqa /usr/share/funkqa /usr/libexec/funkqa | sort")
    command = "funkqa run bzip2 --repo /opt/repository -o /run/r.funkqa --report junit=/run/r.xml --quiet"
    assert inside(place, f"mkdir -p /run/here; cd /run/here; {command}") == ""
    measured = read_result(Path(shutil.copy(place.path("/run/r.funkqa"), tmp_path)))
    assert {image.path for image in measured.images} >= {"/usr/bin/bzip2", "/usr/lib64/libbz2.so.1.0.8"}
    assert 'failures="0"' in place.path("/run/r.xml").read_text()
    assert "70/74 functions" in inside(place, "funkqa report /run/r.funkqa")
    inside(place, "rpm --verify funkqa funkqa-recipes")
    assert inside(place, f"find {SITE}/funkqa /usr/share/funkqa /usr/libexec/funkqa | sort") == before


def test_the_schemas_are_those_that_the_program_prints(place: Place) -> None:
    for kind in KINDS:
        assert json.loads(place.path(f"/usr/share/funkqa/schemas/{kind}.schema.json").read_text())
        inside(place, f"funkqa schema {kind} | cmp - /usr/share/funkqa/schemas/{kind}.schema.json")


def test_mandoc_and_groff_take_every_man_page_without_a_warning(place: Place) -> None:
    inside(place, "for page in /usr/share/man/man1/funkqa*.gz; do gunzip <$page | mandoc -T lint -W warning; done")
    inside(
        place,
        "for page in /usr/share/man/man1/funkqa*; do gunzip <$page | groff -ww -man -Tutf8 -Kutf8 -z; done 2>&1",
    )
    assert "which functions of an installed RPM package" in inside(
        place, "gunzip </usr/share/man/man1/funkqa.1.gz"
    )


BASH = """
source /usr/share/bash-completion/bash_completion
_completion_loader funkqa || true
COMP_WORDS=(funkqa re) COMP_CWORD=1 COMP_LINE='funkqa re' COMP_POINT=9
_funkqa_completion funkqa re funkqa
echo "${COMPREPLY[@]}"
"""
ZSH = """
fpath=(/usr/share/zsh/site-functions $fpath)  # where openSUSE's and Fedora's zsh look, but not Debian's
autoload -Uz compinit
compinit -u -D
_describe() { print -rl -- "${(@P)3}" }  # what is offered, with its description, in the array of this name
words=(funkqa re) CURRENT=2
$_comps[funkqa]
"""
FISH = "complete --do-complete 'funkqa re'"


def test_each_shell_completes_verbs_once_the_package_is_installed(place: Place) -> None:
    verbs = sorted(verb for verb in VERBS if verb.startswith("re"))
    place.path("/run/bash").write_text(BASH)
    place.path("/run/zsh").write_text(ZSH)
    assert inside(place, "bash /run/bash").split() == verbs
    assert [line.split("\t")[0] for line in inside(place, f'fish -c "{FISH}"').splitlines()] == verbs
    assert sorted(line.split(":")[0] for line in inside(place, "zsh -f /run/zsh").splitlines()) == verbs


def test_the_package_when_removed_leaves_nothing(place: Place) -> None:
    inside(place, "zypper --non-interactive remove funkqa funkqa-recipes")
    owned = "-name '*funkqa*' -not -path '/proc/*' -not -path '/sys/*' -not -path '/opt/*' -not -path '/run/*'"
    left = set(inside(place, f"find / -xdev {owned}").splitlines())
    assert left <= {"/var/cache/funkqa"}
