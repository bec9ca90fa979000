"""What an image is to its package: the facts of the file, and where it is installed."""

import re
from pathlib import PurePosixPath

from funkqa.elf.image import ElfFacts
from funkqa.model.plan import ImageRole

PROGRAMS = frozenset(("bin", "sbin", "games"))
"""Folders of a user's PATH (Filesystem Hierarchy Standard 3.0, sections 3.4, 3.16 and 4.4 to 4.10)."""

_SEARCHED = re.compile(r".*/(lib|lib32|lib64|libx32)(/[a-z0-9_]+-linux-[a-z0-9]+)?(/glibc-hwcaps/[^/]+)?")
"""Folders that loaders search: ``/usr/lib64``, ``/opt/vendor/lib``, with a triplet, for a kind of processor."""

_VERSIONED = re.compile(r"\.so\.\d")


def role(facts: ElfFacts, path: str) -> ImageRole:
    """The role of the file that is installed as ``path``, an absolute path inside its root.

    A soname with a version is there to be linked against, wherever the library lies (``libfoo.so.1`` in a folder
    that its programs name by DT_RUNPATH). Without a version, outside of the loader's folders, it is a plug-in's:
    libtool gives every module one.
    """
    folder = PurePosixPath(path).parent
    if folder.name in PROGRAMS and not facts.soname:
        return ImageRole.PROGRAM
    if facts.role is ImageRole.PROGRAM:
        return ImageRole.PROGRAM if folder.name in PROGRAMS else ImageRole.HELPER
    linked_by_file_name = PurePosixPath(path).name.startswith("lib")
    if _SEARCHED.fullmatch(str(folder)) and (facts.soname or linked_by_file_name):
        return ImageRole.LIBRARY
    return ImageRole.LIBRARY if _VERSIONED.search(facts.soname) else ImageRole.PLUGIN
