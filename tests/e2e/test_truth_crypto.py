"""Debian's libcrypto, while another process maps it: nothing is skipped, and what ran is covered."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compiling import library
from tests.e2e import traced
from tests.e2e.traced import EXACT, Tracer

LOCK = 0xF0
LOADS = "import ctypes, sys; ctypes.CDLL(sys.argv[1])"
CALLS = """\
import ctypes, sys
crypto = ctypes.CDLL(sys.argv[1])
for function, kind, name in (
    ("EVP_MAC", "EVP_MAC", b"HMAC"), ("EVP_KDF", "EVP_KDF", b"HKDF"), ("EVP_SIGNATURE", "EVP_SIGNATURE", b"RSA"),
    ("EVP_ASYM_CIPHER", "EVP_ASYM_CIPHER", b"RSA"), ("EVP_KEM", "EVP_KEM", b"RSA"),
    ("EVP_KEYEXCH", "EVP_KEYEXCH", b"DH"), ("EVP_KEYMGMT", "EVP_KEYMGMT", b"RSA"),
    ("OSSL_ENCODER", "OSSL_ENCODER", b"RSA"), ("OSSL_DECODER", "OSSL_DECODER", b"RSA"),
):
    fetch, up_ref = getattr(crypto, function + "_fetch"), getattr(crypto, function + "_up_ref")
    fetch.restype, fetch.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
    up_ref.argtypes = [ctypes.c_void_p]
    found = fetch(None, name, None)
    assert found, function
    assert up_ref(found) == 1
"""
PLAIN_PROCESSOR = {"OPENSSL_ia32cap": "0:0"}
"""As if the processor had no extensions: callgrind's has fewer, so that other functions would run."""


@pytest.fixture
def trace(tmp_path: Path, cache: Path) -> Tracer:
    return Tracer(tmp_path, cache)


@pytest.fixture
def crypto() -> Iterator[Path]:
    """The library, mapped by a process that has nothing to do with the test."""
    path = library("libcrypto.so.3")
    script = f"{LOADS}; print(flush=True); sys.stdin.read()"
    mapping = subprocess.Popen(
        ["/usr/bin/python3", "-c", script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert mapping.stdout is not None
    mapping.stdout.readline()
    yield path
    mapping.communicate()


def test_functions_that_begin_with_a_lock_prefix_are_probed_elsewhere_and_hit(trace: Tracer, crypto: Path) -> None:
    code = crypto.read_bytes()
    called = trace([crypto], "/usr/bin/python3", "-c", CALLS, crypto)
    loaded = trace([crypto], "/usr/bin/python3", "-c", LOADS, crypto)
    assert called.returncode == loaded.returncode == 0, called.stderr
    assert called.skipped == loaded.skipped
    # The unwind table lists a part of a function too, which its other part enters by a jump.
    assert [name for name in called.skipped if not name.startswith("function_at_")] == []
    assert len(called.skipped) <= 1
    assert len(called.functions) > 5000
    named = {place: each for place, each in called.functions.items() if not each.name.startswith("function_at_")}
    locked = {place for place, function in named.items() if code[function.offset] == LOCK}
    assert len(locked) == 9
    assert locked <= called.covered
    assert not locked & loaded.covered


@pytest.mark.parametrize(
    "arguments", [("version",), ("dgst", "-sha256", "/etc/passwd"), ("ecparam", "-name", "prime256v1", "-genkey")]
)
def test_openssl_by_callgrind(trace: Tracer, crypto: Path, arguments: tuple[str, ...]) -> None:
    command = ("openssl", *arguments)
    found = trace([crypto], *command, environment=PLAIN_PROCESSOR)
    ran = traced.callgrind(trace.directory / "callgrind", *command, environment=PLAIN_PROCESSOR)
    assert found.returncode == 0
    assert found.differences(ran) == EXACT
