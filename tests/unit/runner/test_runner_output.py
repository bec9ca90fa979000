"""The kept output of a step: its beginning, its end, and how much is between."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from funkqa.runner import output
from funkqa.runner.output import HEAD_BYTES, TAIL_BYTES, KeptOutput

LEFT_OUT = re.compile(rb"\n\[funkqa: (\d+) bytes left out\]\n")


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    """Chunks around the sizes where something changes."""
    edges = (
        0,
        1,
        7,
        HEAD_BYTES - 1,
        HEAD_BYTES,
        HEAD_BYTES + 1,
        TAIL_BYTES,
        TAIL_BYTES + HEAD_BYTES,
        2 * TAIL_BYTES,
    )
    sizes = draw(st.lists(st.sampled_from(edges) | st.integers(0, 3000), max_size=8))
    chunks, number = [], 0
    for size in sizes:
        text = b"".join(b"%07d\n" % n for n in range(number, number + size // 8 + 1))
        chunks.append(text[:size])
        number += size // 8 + 1
    return chunks


@settings(max_examples=60)
@given(streams())
def test_beginning_and_end_are_kept_and_the_rest_is_counted(chunks: list[bytes]) -> None:
    kept, whole = KeptOutput(), b"".join(chunks)
    for chunk in chunks:
        kept.add(chunk)

    assert kept.total == len(whole)
    content = kept.content()
    if len(whole) <= HEAD_BYTES + TAIL_BYTES:
        assert content == whole
        return
    omitted = len(whole) - HEAD_BYTES - TAIL_BYTES
    middle = b"\n[funkqa: %d bytes left out]\n" % omitted
    assert content == whole[:HEAD_BYTES] + middle + whole[-TAIL_BYTES:]


@given(st.lists(st.binary(max_size=40), max_size=12))
def test_small_sizes_behave_like_the_real_ones(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    before = output.HEAD_BYTES, output.TAIL_BYTES
    output.HEAD_BYTES, output.TAIL_BYTES = 16, 24
    try:
        kept = KeptOutput()
        for chunk in chunks:
            kept.add(chunk)
        content = kept.content()
    finally:
        output.HEAD_BYTES, output.TAIL_BYTES = before
    assert content.startswith(whole[:16])
    assert content.endswith(whole[-24:])
    assert len(content) <= 16 + 24 + 40


def test_endless_output_takes_bounded_memory() -> None:
    kept = KeptOutput()
    for _ in range(1000):
        kept.add(b"x" * 65536)
    assert kept.total == 65_536_000
    assert len(kept.content()) < HEAD_BYTES + TAIL_BYTES + 100
    assert LEFT_OUT.search(kept.content())
    assert len(kept._tail) <= 2 * TAIL_BYTES + 65536
