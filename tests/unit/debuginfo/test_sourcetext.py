"""Source text from -debugsource packages."""

from pathlib import Path

import pytest

from funkqa.debuginfo.sourcetext import read_texts
from funkqa.model.place import Place

RPM = "bzip2-1.0.8-5.1.src.rpm"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "root"
    for path, text in {
        "bzip2-1.0.8-5.1.x86_64/bzip2.c": "int main;\n",
        "bzip2-1.0.8-5.1.x86_64/lib/deep.c": "deep" * 10,
        "bzip2-1.0.8-5.1.x86_64/latin.c": "\xe9",
        "bzip2-1.0.80-1.x86_64/bzip2.c": "another version",
        "other-1-1.x86_64/only_there.c": "another package",
    }.items():
        file = root / "usr/src/debug" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="latin-1")
    (tmp_path / "secret.c").write_text("secret")
    return Place(root)


def test_files_are_those_of_the_source_rpm(place: Place) -> None:
    wanted = [(RPM, "bzip2.c"), (RPM, "lib/deep.c"), (RPM, "latin.c"), (RPM, "only_there.c"), (RPM, "absent.c")]
    assert read_texts(place, wanted, 1000) == {
        (RPM, "bzip2.c"): "int main;\n",
        (RPM, "lib/deep.c"): "deep" * 10,
        (RPM, "latin.c"): "\ufffd",
    }


def test_the_first_files_are_taken_until_the_room_is_full(place: Place) -> None:
    wanted = [(RPM, "bzip2.c"), (RPM, "lib/deep.c"), (RPM, "latin.c")]
    assert list(read_texts(place, wanted, 20)) == [(RPM, "bzip2.c"), (RPM, "latin.c")]
    assert list(read_texts(place, wanted, 0)) == []


@pytest.mark.parametrize(
    "file", ["/etc/passwd", "../../../../../secret.c", "link.c", "folder/secret.c", "", "lib"]
)
def test_nothing_outside_of_the_sources_is_read(place: Place, tmp_path: Path, file: str) -> None:
    folder = place.path("/usr/src/debug/bzip2-1.0.8-5.1.x86_64")
    (folder / "link.c").symlink_to(tmp_path / "secret.c")
    (folder / "folder").symlink_to(tmp_path)
    assert read_texts(place, [(RPM, file)], 1000) == {}


def test_without_debugsource_there_is_no_text(tmp_path: Path) -> None:
    assert read_texts(Place(tmp_path), [(RPM, "bzip2.c")], 1000) == {}
