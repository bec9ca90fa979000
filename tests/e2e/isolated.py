"""A host of its own for tests of ``restore``: it must never meet the runs of others on this machine.

A cgroup namespace makes a new cgroup the root of cgroup v2, and a mount namespace has directories of its own for
temporary files and for locks. Whoever runs inside sees only what was started inside.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from funkqa.system import cgroup

CHECKOUT = Path(__file__).parents[2]
ENTERED = """\
set -e
echo 0 >"$0/cgroup.procs"
exec unshare --cgroup --mount --propagation private bash -ec '
  umount --lazy "$0"
  mount -t cgroup2 none "$0"
  mount -t tmpfs none /run
  mount -t tmpfs none /var/tmp
  mkdir /run/kept /run/checkout
  mount --bind "$1" /run/kept
  mount --bind "$2" /run/checkout
  mount -t tmpfs none /tmp
  mkdir -p "$1" "$2"
  mount --move /run/kept "$1"
  mount --move /run/checkout "$2"
  rmdir /run/kept /run/checkout
  echo ready
  exec sleep infinity' "$1" "$2" "$3"
"""


@contextmanager
def host(kept: Path) -> Iterator[tuple[str, ...]]:
    """The command prefix that runs a program on the isolated host; leaving kills all that runs there.

    ``kept`` is a directory that is the same inside and outside, as the checkout is.
    """
    top = cgroup.hierarchy()
    assert top is not None
    group = Path(mkdtemp(prefix="funkqa-tests-", dir=top))
    command = ["bash", "-c", ENTERED, str(group), str(top), str(kept), str(CHECKOUT)]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        namespaces = f'nsenter --target={holder.pid} --mount --cgroup --wd="$PWD"'
        yield ("sh", "-c", f'echo 0 >"{group}/cgroup.procs" && exec {namespaces} -- "$@"', "sh")
    finally:
        cgroup.kill(group)
        holder.communicate()
        for directory, _, _ in os.walk(group, topdown=False):
            os.rmdir(directory)
