"""By what names the kernel knows a program: those of links, and of scripts that it interprets."""

import os
from pathlib import Path

import pytest

from funkqa.shim import names
from funkqa.shim.plan import Inode


def inode(path: Path) -> Inode:
    facts = path.stat()
    return facts.st_dev, facts.st_ino


def program(path: Path, content: str = "", mode: int = 0o755) -> Path:
    path.write_text(content)
    path.chmod(mode)
    return path


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    return program(tmp_path / "shell", "\x7fELF")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "bin"
    made.mkdir()
    made.chmod(0o755)
    return made


def test_links_and_scripts_are_known_and_nothing_else(folder: Path, shell: Path) -> None:
    (folder / "link").symlink_to(shell)
    program(folder / "script", f"#! {shell}\t-e\necho\n")
    (folder / "link-to-script").symlink_to("script")
    program(folder / "bare", f"#!{shell}")
    program(folder / "of-a-link", f"#!{folder / 'link'} -x\n")
    program(folder / "not-executable", f"#!{shell}\n", mode=0o644)
    program(folder / "without-interpreter", "#!/nowhere/at/all\n")
    program(folder / "nothing-behind", "#!\n")
    program(folder / "nul", f"#!\0{shell}\n")
    program(folder / "text", f" #!{shell}\n")
    (folder / "dangling").symlink_to("/nowhere")
    os.mkfifo(folder / "fifo", 0o777)
    (folder / "below").mkdir()
    found = dict(names.other_names([str(folder), str(folder), "/nowhere"]))
    expected = ("link", "script", "link-to-script", "bare", "of-a-link")
    assert found == dict.fromkeys(expected, inode(shell))


def test_where_others_may_write_only_links_count(folder: Path, shell: Path) -> None:
    """What they put in a script's place would be opened."""
    (folder / "link").symlink_to(shell)
    program(folder / "script", f"#!{shell}\n")
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    (elsewhere / "link-to-script").symlink_to(folder / "script")
    assert dict(names.other_names([str(elsewhere)])) == {"link-to-script": inode(shell)}
    folder.chmod(0o777)
    assert list(names.other_names([str(folder)])) == [("link", inode(shell))]
    script = folder / "script"
    assert dict(names.other_names([str(elsewhere)])) == {"link-to-script": inode(script)}
