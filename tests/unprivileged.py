"""Commands run by a user without rights, wherever the checkout lies. Only root can do that."""

import stat
from collections.abc import Sequence
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
DROP = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")
OPEN = """\
mount --bind "$0" /mnt
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir -p "$0"
mount --move /mnt "$0"
cd "$0"
shift
exec "$@"
"""


def as_nobody(command: Sequence[str], checkout: Path = CHECKOUT) -> list[str]:
    """The command as nobody's.

    Above the checkout may be a folder that only root may enter, as /root is: for this command alone another one
    that has nothing but the checkout in it stands there.
    """
    folders = (*reversed(checkout.parents), checkout)
    closed = next((str(folder) for folder in folders if not folder.stat().st_mode & stat.S_IXOTH), "")
    if not closed:
        return [*DROP, *command]
    private = ("unshare", "--mount", "--propagation", "private", "sh", "-ec", OPEN)
    return [*private, str(checkout), closed, *DROP, *command]
