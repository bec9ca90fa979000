"""The libraries of the openssl package with their static functions, and OpenSSL's own tests on them.

In a mount namespace of their own the packages' files lie over the host's, found where they belong.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from funkqa.elf.decode import MAX_INSTRUCTION, is_refused
from funkqa.model.plan import Standing
from tests.bench import tracer, works
from tests.e2e.agreement import assert_equals_truth
from tests.e2e.rpms import run
from tests.e2e.running import Funkqa
from tests.e2e.test_truth_crypto import CALLS, LOADS, PLAIN_PROCESSOR
from tests.e2e.traced import Tracer

PACKAGES = ("openssl", "libopenssl3", "libopenssl3-debuginfo", "openssl-tests")
CRYPTO, SSL = Path("/usr/lib64/libcrypto.so.3"), Path("/usr/lib64/libssl.so.3")
SUITE = (
    *("test_bn", "test_evp", "test_sha", "test_asn1_*", "test_pkcs*", "test_kdf", "test_param*", "test_dgst"),
    *("test_mac", "test_bio*", "test_ca", "test_req", "test_sslapi"),
)
SUITE_TIMEOUT_S = 400
TAP = re.compile(r"\s*(ok|not ok|1\.\.|Bail out|# Subtest|# (?:ERROR|INFO))")
LOCK = 0xF0


@pytest.fixture(scope="module")
def enter(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """A command prefix: the packages are installed for what it starts."""
    root = tmp_path_factory.mktemp("openssl") / "root"
    root.mkdir()
    for name in PACKAGES:
        (rpm,) = repository.glob(f"{name}-[0-9]*.rpm")
        run("sh", "-c", f"rpm2cpio '{rpm}' | cpio --extract --make-directories --quiet", cwd=root)
    script = (
        f"mount -t overlay overlay -o lowerdir='{root}/usr:/usr' /usr && mount --bind '{root}/etc/ssl' /etc/ssl "
        '&& exec "$@"'
    )
    return ("unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh")


@pytest.fixture
def trace(tmp_path: Path, cache: Path) -> Tracer:
    return Tracer(tmp_path, cache)


def suite(directory: Path) -> list[str]:
    """OpenSSL's tests, which work and report in a directory."""
    directory.mkdir()
    settings = {
        "RESULT_D": directory,
        "HARNESS_TAP_COPY": directory / "tap",
        "HARNESS_JOBS": "2",
        "LD_LIBRARY_PATH": "/usr/lib64",
        "LC_ALL": "C",
    }
    return ["env", *(f"{name}={value}" for name, value in settings.items()), "openssl-tests", *SUITE]


def test_openssls_own_tests_are_the_same_traced_and_untraced(enter: tuple[str, ...], trace: Tracer) -> None:
    plain = subprocess.run(
        [*enter, *suite(trace.directory / "plain")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SUITE_TIMEOUT_S,
        check=False,
    )
    assert plain.returncode == 0, plain.stdout[-3000:] + plain.stderr[-3000:]
    done = subprocess.run(
        [*enter, *trace.command([CRYPTO, SSL], suite(trace.directory / "traced"))],
        env=trace.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SUITE_TIMEOUT_S,
        check=False,
    )
    found = trace.read(done)
    untraced = tap(trace.directory / "plain/tap")
    assert tap(trace.directory / "traced/tap") == untraced
    assert len(untraced) > 500
    assert not [line for line in untraced if line.lstrip().startswith("not ok")]
    assert done.returncode == 0
    assert result(done.stdout) == result(plain.stdout)
    assert found.faults == ()
    assert found.skipped == ()
    assert len(found.functions) > 9_500
    assert len(found.covered) > len(found.functions) / 4


def tap(copy: Path) -> list[str]:
    """The lines of the Test Anything Protocol; the rest names directories, processes and times."""
    return sorted(line for line in copy.read_text(errors="replace").splitlines() if TAP.match(line))


def result(output: bytes) -> list[str]:
    """The verdicts of the harness, without how long they took."""
    lines = output.decode(errors="replace").splitlines()
    return sorted(line for line in lines if ".t ." in line or line.startswith(("Result", "All tests")))


@contextmanager
def mapped_by_a_process(library: Path, *enter: str) -> Iterator[None]:
    """A process that has nothing to do with the test maps the library."""
    script = f"{LOADS}; print(flush=True); sys.stdin.read()"
    command = [*enter, "/usr/bin/python3", "-c", script, str(library)]
    mapping = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert mapping.stdout is not None
    mapping.stdout.readline()
    yield
    mapping.communicate()


@pytest.fixture
def mapped(enter: tuple[str, ...]) -> Iterator[None]:
    with mapped_by_a_process(CRYPTO, *enter):
        yield


def test_functions_that_begin_with_a_lock_prefix_are_probed_elsewhere_and_hit(
    enter: tuple[str, ...], trace: Tracer, mapped: None
) -> None:
    called = trace([CRYPTO], "/usr/bin/python3", "-c", CALLS, CRYPTO, enter=enter)
    loaded = trace([CRYPTO], "/usr/bin/python3", "-c", LOADS, CRYPTO, enter=enter)
    assert called.returncode == loaded.returncode == 0, called.stderr
    assert called.skipped == loaded.skipped == ()
    run(*enter, "cp", str(CRYPTO), str(trace.directory / "copy"))
    code = (trace.directory / "copy").read_bytes()
    locked = {place: function for place, function in called.functions.items() if code[function.offset] == LOCK}
    exported = {place for place, function in locked.items() if not function.local}
    assert len(exported) == 9
    assert exported <= called.covered
    assert not exported & loaded.covered


def test_on_entries_the_nine_are_refused_and_named(repository: Path, tmp_path: Path) -> None:
    """As other tools place their probes: the kernel refuses what funkqa says it refuses, and takes all others."""
    openssl, files = works.openssl(tmp_path, repository)
    code = files[0].read_bytes()
    with mapped_by_a_process(files[0]), tracer.tracing(files, tracer.ON_ENTRIES) as opened:
        (image,) = opened.session.plan.images
        refused = {image.functions[index] for _, index, _ in opened.session.unattached()}
        run("env", "OPENSSL_ia32cap=0:0", *opened.enter, str(openssl), "version")
        entered = opened.session.take_hits()[0]
    with tracer.tracing(files, tracer.PLACED) as opened:
        assert not [*opened.session.unattached()]
        run("env", "OPENSSL_ia32cap=0:0", *opened.enter, str(openssl), "version")
        assert opened.session.take_hits()[0] == entered
    assert refused == {
        function
        for function in image.functions
        if function.standing is Standing.PROBED and is_refused(code[function.offset :][:MAX_INSTRUCTION])
    }
    assert len([each for each in refused if code[each.offset] == LOCK and not each.local]) == 9


OPENSSL = """\
component: openssl
also: libopenssl3
execute:
  - openssl version -a
  - openssl dgst -sha256 /etc/passwd
  - openssl ecparam -name prime256v1 -genkey -noout -out key.pem && openssl pkey -in key.pem -text -noout
  - seq 999 | openssl enc -aes-128-cbc -K 00 -iv 00 | openssl enc -d -aes-128-cbc -K 00 -iv 00
  - openssl ciphers -v
"""


def test_openssl_by_callgrind(funkqa: Funkqa) -> None:
    """And that every function of the debug files is listed. Programs load the provider and engines by dlopen."""
    elves = ["/usr/bin/openssl", str(CRYPTO), str(SSL)]
    recipe = funkqa.recipe("openssl", OPENSSL, **PLAIN_PROCESSOR)
    assert_equals_truth(funkqa, recipe, ["/usr/bin/openssl"], elves)
