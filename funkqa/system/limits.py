"""How many files this process may have open: a large session holds one for each image and each link."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

SOFT, HARD = resource.getrlimit(resource.RLIMIT_NOFILE)
"""As this process was started with; traced programs are started with the same (``usual``)."""


@contextmanager
def many_files() -> Iterator[None]:
    """Raise the soft limit to the hard one, for this process."""
    yield from _limited(HARD, SOFT)


@contextmanager
def usual() -> Iterator[None]:
    """The limit as it was, while a program is started that shall not see another; open files stay open."""
    yield from _limited(SOFT, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _limited(meanwhile: int, afterwards: int) -> Iterator[None]:
    resource.setrlimit(resource.RLIMIT_NOFILE, (meanwhile, HARD))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (afterwards, HARD))
