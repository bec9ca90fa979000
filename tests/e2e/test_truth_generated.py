"""Programs made at random: what funkqa covers is what runs, instruction by instruction."""

import subprocess
from pathlib import Path

import pytest

from funkqa.elf.decode import MAX_INSTRUCTION, carries_probe
from tests.e2e import traced
from tests.e2e.generated.build import build
from tests.e2e.traced import EXACT, Tracer

SEEDS = range(1, 13)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_program_made_from_a_seed(tmp_path: Path, cache: Path, seed: int) -> None:
    program, options = build(tmp_path, seed)
    trace = Tracer(tmp_path, cache)
    plain = subprocess.run([program], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    found = trace([program], program)
    assert (found.returncode, found.stdout) == (plain.returncode, plain.stdout), options
    assert found.differences(traced.stepped(tmp_path, found, program)) == EXACT, options
    assert found.faults == ()
    assert len(found.covered) > 10
    code = program.read_bytes()
    entries = {function.name: function.offset for image in found.images for function in image.functions}
    for name in found.skipped:  # no probe fits on the entry, and a jump lands where one would
        assert not carries_probe(code[entries[name] :][:MAX_INSTRUCTION]), name
