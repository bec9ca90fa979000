"""What tests marked ``kernel`` need: root, and a kernel with uprobe_multi. And time for property tests."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import settings

from funkqa.model.errors import FunkqaError
from funkqa.system import kernel
from funkqa.trace.program import loaded

# The default, 0.2 s for an example, is missed on a machine that does other things as well.
settings.register_profile("unhurried", deadline=5000)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def program() -> Iterator[int]:
    """The descriptor of funkqa's BPF program, loaded. Its counters are nobody's: cookies are 0."""
    with ExitStack() as undo:
        try:
            descriptor = undo.enter_context(loaded(1, 1)).hit
            # Nobody maps this file for execution, so any offset will do.
            kernel.close(kernel.link_uprobes(descriptor, __file__, [0], [0]))
        except (FunkqaError, OSError) as error:
            _lacking(f"needs root and a kernel with uprobe_multi: {error}")
        yield descriptor


@pytest.fixture(autouse=True)
def kernel_for_tests_that_need_it(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("kernel") is not None:
        request.getfixturevalue("program")


def _lacking(reason: str) -> None:
    """A skip; a failure where the tests must not skip."""
    if os.environ.get("FUNKQA_REQUIRE_KERNEL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
