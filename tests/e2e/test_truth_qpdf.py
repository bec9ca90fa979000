"""A large library in C++: templates, virtual functions, exceptions, static constructors."""

from tests.e2e.agreement import assert_equals_truth
from tests.e2e.running import Funkqa

QPDF = """\
component: qpdf
also: libqpdf29
require: qpdf-tests
execute:
  - qpdf --check /usr/share/qpdf/tests/minimal.pdf
  - |
    qpdf --qdf --object-streams=disable /usr/share/qpdf/tests/11-pages.pdf plain.pdf
    fix-qdf plain.pdf >fixed.pdf
  - |
    qpdf --encrypt user owner 256 -- /usr/share/qpdf/tests/minimal.pdf secret.pdf
    qpdf --password=user --decrypt secret.pdf open.pdf
  - qpdf --empty --pages /usr/share/qpdf/tests/minimal.pdf /usr/share/qpdf/tests/11-pages.pdf 2-5 -- joined.pdf
  - |
    qpdf --linearize /usr/share/qpdf/tests/minimal.pdf linear.pdf
    qpdf --json linear.pdf >linear.json
  - name: damaged
    script: qpdf --check /usr/share/qpdf/tests/bad1.pdf
    exit: 2
  - seq 500 | zlib-flate -compress | zlib-flate -uncompress
"""
PROGRAMS = [f"/usr/bin/{name}" for name in ("qpdf", "fix-qdf", "zlib-flate")]


def test_qpdf(funkqa: Funkqa) -> None:
    elves = [*PROGRAMS, "/usr/lib64/libqpdf.so.29.3.0"]
    assert_equals_truth(funkqa, funkqa.recipe("qpdf", QPDF), PROGRAMS, elves)
