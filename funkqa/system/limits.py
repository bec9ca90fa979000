"""How many files this process may have open: a large session holds one for each image and each link."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

SOFT, HARD = resource.getrlimit(resource.RLIMIT_NOFILE)
"""As this process was started with; traced programs get the same back (``cgroup.join``)."""


@contextmanager
def many_files() -> Iterator[None]:
    """Raise the soft limit to the hard one, for this process."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (HARD, HARD))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (SOFT, HARD))
