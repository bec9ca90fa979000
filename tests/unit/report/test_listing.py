from funkqa.analysis.coverage import cover
from funkqa.report import listing, text
from funkqa.report.plain import spelled
from tests import example_runs


def test_what_is_missing_is_listed_by_image_with_its_reason() -> None:
    assert listing.missing(cover(example_runs.failed())) == (
        "\n/usr/bin/bzip2: 5/8 functions 62.5%; not entered:\n"
        "  usage  (entered by prepare or finish only)\n"
        "  setInterimPermissions  (entered by prepare or finish only)\n"
        "  atomic_add  (skipped: the kernel refuses a uprobe on its first instruction)\n"
        "\n/usr/lib64/a-directory-with-a-long-name/and-another-one/libbz2.so.1.0.8: 3/5 functions 60.0%; "
        "not entered:\n"
        "  BZ2_hbMakeCodeLengths  (skipped: the kernel refuses a uprobe on its first instruction)\n"
        "  BZ2_crc  (skipped: the kernel refused to attach its probe)\n"
    )


def test_what_is_missing_follows_the_report() -> None:
    coverage = cover(example_runs.exercised())
    assert text.render(coverage, missing=True) == text.render(coverage) + listing.missing(coverage)
    assert "\n  memcpy_inline  (/usr/include/bits/string_fortified.h:26)\n" in listing.missing(coverage)


def test_a_step_lists_what_it_entered() -> None:
    assert listing.step(cover(example_runs.exercised()), 1) == (
        "every block size: passed  4/11 functions 36.4%, 3 by no other step\n"
        "execute, 0.25 s\n"
        "\n/usr/bin/bzip2: 2/3 functions 66.7%\n"
        "        main  (bzip2.c:3)\n"
        "  only  pad  (bzip2.c:7)\n"
        "\n/usr/lib64/libbz2.so.1.0.8: 1/5 functions 20.0%\n"
        "  only  swap  (stream.h:9)\n"
        "\n/usr/lib64/bzip2/plugin.so: 1/1 functions 100.0%\n"
        "  only  init\n"
    )


def test_a_step_of_prepare_lists_what_does_not_count() -> None:
    listed = listing.step(cover(example_runs.failed()), 0)
    assert "what steps of prepare enter doesn't count\n" in listed
    assert "\n        usage\n" in listed


def test_a_step_shows_its_output() -> None:
    listed = listing.step(cover(example_runs.failed()), 2)
    assert listed.startswith("corrupt file: failed: exited 2, not 0  5/13 functions 38.5%, 2 by no other step\n")
    assert listed.endswith("  block 11\n  \\x1b[31mbad\\x1b[0m \\xff\\x07\n")


def test_hostile_names_stay_on_their_line() -> None:
    coverage = cover(example_runs.hostile_names())
    lists = [listing.missing(coverage), *(listing.step(coverage, n) for n in range(len(coverage.steps)))]
    for listed in lists:
        assert all(line.isprintable() for line in listed.replace("\t", " ").split("\n"))
        listed.encode()
    together = "".join(lists)
    assert all(f"  {spelled(name)}" in together for name in example_runs.HOSTILE_NAMES)
