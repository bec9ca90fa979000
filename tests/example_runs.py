"""Whole runs that the reports are tried with."""

from fractions import Fraction

from funkqa.model.measurement import Measurement, Outcome
from funkqa.model.plan import DebugFileStatus, ImageRole, Inlined, SkipReason, Standing, Unmeasured
from funkqa.model.recipe import Measure, Phase, Respect
from tests.examples import execution, function, functions, image, measurement, package, skipped, step

_HOST = {"arch": "x86_64", "distri": "opensuse-tumbleweed", "kernel": "6.12.0-1-default", "version": "20260501"}


def passed() -> Measurement:
    """One program, two steps, everything as it should be."""
    return measurement(
        [image(functions=functions("main", "usage", "compress", "uncompress"))],
        [
            step("roundtrip", duration_s=0.25),
            step("help", duration_s=0.004, output=b"usage: bzip2 [flags]\n"),
        ],
        {(0, 0): [0, 2, 3], (0, 1): [0]},
        measure=Measure(expect=("compress",), minimum=Fraction(3, 5)),
        environment=_HOST,
    )


def failed() -> Measurement:
    """Two packages, three images, and everything that a report has a word for."""
    program = image(
        "/usr/bin/bzip2",
        [
            *functions("main", "usage", "compress", "uncompress", "setInterimPermissions", "cleanUpAndFail"),
            function("_start", standing=Standing.GLUE),
            function("pad", local=True, unit="bzip2.c", file="bzip2.c", line=261),
            function("testf", standing=Standing.EXCLUDED),
            skipped("atomic_add"),
        ],
        links=["/usr/bin/bunzip2", "/usr/bin/bzcat"],
    )
    library = image(
        "/usr/lib64/a-directory-with-a-long-name/and-another-one/libbz2.so.1.0.8",
        [
            function("BZ2_bzCompress"),
            function("_ZN3bz25blockEiPKc", names=("block_alias",), demangled="bz2::block(int, char const*)"),
            function("BZ2_bzDecompress"),
            skipped("BZ2_hbMakeCodeLengths"),
            skipped("BZ2_crc", SkipReason.NOT_ATTACHED),
        ],
        package="libbz2-1",
        soname="libbz2.so.1",
        build_id="cd34",
        debug=DebugFileStatus.DYNSYM_ONLY,
        debug_package="libbz2-1-debuginfo",
    )
    recover = image("/usr/bin/bzip2recover", debug=DebugFileStatus.MISSING, build_id="ef56")
    return measurement(
        [program, library, recover],
        [
            step("make input", phase=Phase.PREPARE, duration_s=1.5, script="seq 9999 > file"),
            step("roundtrip", duration_s=2.125),
            step(
                "corrupt file",
                Outcome.FAILED,
                reason="exited 2, not 0",
                exit_code=2,
                output=b"line before\n"
                + b"".join(b"block %d\r\n" % n for n in range(12))
                + b"\x1b[31mbad\x1b[0m \xff\x07\n",
            ),
            step("known bug", Outcome.XFAIL, result=Respect.XFAIL, reason="exited 1, not 0", exit_code=1),
            step("benchmark", Outcome.INFO, result=Respect.INFO, reason="killed", exit_code=None, signal=9),
            step("remove input", phase=Phase.FINISH, script="rm file", duration_s=0.01),
        ],
        {
            (0, 0): [0, 1],
            (0, 1): [0, 2, 3, 7],
            (0, 2): [0, 3, 5],
            (0, 3): [0],
            (0, 5): [4],
            (1, 1): [0, 2],
            (1, 2): [1, 2],
        },
        measure=Measure(
            exclude=("^testf$",),
            expect=("BZ2_bzCompress", "bz2::block", "usage", "BZ2_bzNowhere"),
            minimum=Fraction(9, 10),
        ),
        packages=[
            package(),
            package("libbz2-1-1.0.8-5.1.x86_64", "libbz2-1"),
            package("coreutils-9.5-1.2.x86_64", "coreutils", measured=False),
        ],
        environment=_HOST,
        unmeasured=[Unmeasured("bzip2", "/usr/libexec/bzgrep.bin", "it has no build ID")],
        statistics={
            "traps_in_scope": 4711.0,
            "traps_out_of_scope": 12.0,
            "trap_time_s": 0.125,
            "trap_time_out_of_scope_s": 0.001,
            "retirement_rounds": 3.0,
            "retirement_time_s": 0.01,
            "retirement_saved_estimate_s": 7.5,
        },
    )


def exercised() -> Measurement:
    """Sources, several functions of one line and name, inlined ones, and a record of what was started."""
    stream = Inlined("bz::Stream::size", "bz::Stream::size() const", "stream.cc", "stream.h", 4)
    program = image(
        "/usr/bin/bzip2",
        [
            function("main", unit="bzip2.c", file="bzip2.c", line=3),
            function("pad", local=True, unit="bzip2.c", file="bzip2.c", line=7),
            function("swap", local=True, unit="bzip2.c", file="stream.h", line=9),
            function("_start", standing=Standing.GLUE),
        ],
        links=["/usr/bin/bzcat"],
        inlined=[stream],
    )
    library = image(
        "/usr/lib64/libbz2.so.1.0.8",
        [
            function("_ZN2bz3maxIiEET_S1_S1_", demangled="int bz::max<int>(int, int)", file="stream.h", line=12),
            function(
                "_ZN2bz3maxIlEET_S1_S1_", demangled="long bz::max<long>(long, long)", file="stream.h", line=12
            ),
            function("_ZN2bzltERKNS_1SES2_", demangled="bz::operator<(bz::S const&, bz::S const&)"),
            function("swap", local=True, unit="stream.cc", file="stream.h", line=9),
            function("memcpy_inline", local=True, file="/usr/include/bits/string_fortified.h", line=26),
        ],
        package="libbz2-1",
        soname="libbz2.so.1",
        build_id="cd34",
    )
    return measurement(
        [
            program,
            library,
            image("/usr/libexec/bzip2/helper", functions("main"), role=ImageRole.HELPER, build_id="ee01"),
            image("/usr/lib64/bzip2/plugin.so", functions("init"), role=ImageRole.PLUGIN, build_id="ee02"),
            image("/usr/bin/bzip2recover", functions("main"), build_id="ee03"),
        ],
        [step("roundtrip"), step("every block size")],
        {(0, 0): [0, 2], (0, 1): [0, 1], (1, 0): [1, 2], (1, 1): [3], (3, 1): [0]},
        packages=[package(), package("libbz2-1-1.0.8-5.1.x86_64", "libbz2-1")],
        environment=_HOST,
        executions=[
            execution("/usr/bin/bzcat", ["bzcat", "a b"], step=0, pid=11),
            execution("/usr/bin/grep", step=0, pid=12, package="grep", measured=False),
            execution("/usr/bin/grep", step=1, pid=13, package="grep", measured=False),
            execution("/opt/tool", step=None, pid=14, package="", measured=False),
        ],
        sources={
            (
                "bzip2-1.0.8-5.1.src.rpm",
                "bzip2.c",
            ): "#include <stdio.h>\n\nint main()\n{\n}\n\nstatic int pad()\n{\n}\n",
            ("bzip2-1.0.8-5.1.src.rpm", "stream.h"): "// stream\n" * 20,
        },
    )


def nothing() -> Measurement:
    """Preparing failed, so that no execute step ran."""
    return measurement(
        steps=[
            step("setup", Outcome.FAILED, phase=Phase.PREPARE, reason="exited 1, not 0", exit_code=1),
            step("roundtrip", Outcome.SKIPPED, reason="setup failed", exit_code=None, duration_s=0.0),
        ],
        hits={},
    )


def hostile() -> Measurement:
    """Names and output that break parsers, terminals and pages, and too much of everything."""
    nasty = "</system-out>]]>&#8364;&amp;<b>\x1b[31m\x00\x85\u202e\udc80\ufffe\u20ac 'q\" \\ ../..\r\nsecond line"
    images = [
        image(f"/usr/bin/{n}{nasty}", [function(f"f{n}", demangled=nasty)], build_id=f"{n:02x}") for n in range(90)
    ]
    return measurement(
        images,
        [
            step(nasty, output=bytes(range(256)) * 400, reason=nasty),
            step(nasty, Outcome.TIMEOUT, reason=nasty, output=("\u20ac" * 20_000).encode()),
        ],
        {(n, 0): [0] for n in range(45)},
        recipe="vim.basic+x/../" + "y" * 200,
        measure=Measure(expect=(*(f"f{n}" for n in range(80)), nasty, "x" * 5000)),
        packages=[package(f"bzip2-1.0-1.{nasty}")],
        environment={"distri": nasty},
        unmeasured=[Unmeasured("bzip2", nasty, nasty)],
        faults=[nasty],
        complete=False,
    )


HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    "operator<",
    "operator,",
    "12,34",
    "\"quoted\" 'and' `ticked` ``twice``",
    "a|b\\|c & &amp; &#8364; ]]>",
    "*bold* _it_ [link](http://example.org) @someone #1 ~~no~~ $x^2$",
    "=HYPERLINK(1)",
    "-[Object method:]",
    "\u05e9\u05dc\u05d5\u05dd \u202eleft\u202c \u200f",
    "bell\x07 escape\x1b[31m null\x00 next\x85line\u2028end\r\n\ttab",
    "\\xff\\xfe invalid as the ELF reader spells it",
    "surrogate \udc80 \ud800 \ufffe",
    "deep<" * 800 + "int" + ">" * 800,
    " leading and trailing ",
    "`",
    "end_of_record",
    "TN:x",
    "#",
)


def hostile_names() -> Measurement:
    """Functions, files, steps and packages with names that mean something to a format; every other one covered."""
    program = image(
        "/usr/bin/<b>|`x`,\u202e\x1b[0m",
        [
            function(name, file=f"{number}-{name}"[:200] if number % 3 else "", line=number, vaddr=0x1000 + number)
            for number, name in enumerate(HOSTILE_NAMES, 1)
        ],
        package="<b>`p`",
    )
    return measurement(
        [program],
        [step(name, output=name.encode("utf-8", "surrogatepass") + b"\xff\xfe") for name in HOSTILE_NAMES],
        {(0, number): [number] for number in range(0, len(HOSTILE_NAMES), 2)},
        packages=[package("<b>`p`-1-1.x86_64", "<b>`p`")],
        environment={"distri": HOSTILE_NAMES[0]},
    )


HOSTILE_OUTPUT = (
    b"<script>alert(1)</script> & ]]> \xff\xfe \xe2\x82\xac\n"
    b"\x1b[01;31m\x1b[Kcoloured\x1b[m\x1b[K \x1b[2J\x1b]0;title\x07 \x00\n"
    b"right-to-left \xe2\x80\xaegnp.exe \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xc2\x9b31m \xed\xa0\x80\r\n"
    b"50%\r100%\n\ttab\n"
)


def hostile_output() -> Measurement:
    """Control characters, overrides of direction, markup and bytes that are no UTF-8, in names and in output."""
    bell = "bell\x07 escape\x1b[31m\u202egnp.exe\u202c"
    names = ("<script>alert(1)</script>", "operator<", bell, "bytes \\xff \udcfe")
    program = image(
        "/usr/bin/b\x1b[1m\u202ez\udcff",
        [
            function(name, file="src/\u202e.c" if number > 2 else "", line=number, vaddr=0x1000 + number)
            for number, name in enumerate(names, 1)
        ],
    )
    return measurement(
        [program],
        [
            step("good; \x1b[1mbold\u202e", output=HOSTILE_OUTPUT),
            step("bad\x07", Outcome.FAILED, reason="exited 1, not 0", exit_code=1, output=HOSTILE_OUTPUT),
        ],
        {(0, 0): [0, 2], (0, 1): [0]},
        executions=[
            execution("/usr/bin/b\x1b[1m\u202ez\udcff", ["<b>", "\x1b[31m\u202e", "\udcfe", "a b"]),
            execution("/tmp/\u202e\x1b[2J", step=1, package="", measured=False),
        ],
    )
