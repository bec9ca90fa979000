"""A run with as many functions as a large C++ package has, and with names that are meant to hurt."""

from dataclasses import replace
from random import Random

from funkqa.model.measurement import Execution, Measurement
from funkqa.model.plan import Image, Inlined, SkipReason, Standing
from funkqa.model.recipe import Measure, Phase
from tests.examples import function, image, measurement, package, skipped, step

_WORDS = (
    "archive block buffer cache codec context cursor decoder dictionary encoder entry filter frame graph handle "
    "header index iterator layout matrix message node option packet parser path pipeline queue reader record "
    "region scanner schema session shader socket stream symbol table token tree vector widget window writer"
).split()

HOSTILE = (
    "<script>document.title='owned'</script>",
    "</script><img src=x onerror=document.title='owned'>",
    "quote\"and'apostrophe`${x}{{y}}",
    "operator<",
    "bool operator<< <char, std::char_traits<char> >(std::ostream&, char const*)",
    "right-to-left \u202egnp.exe \u05d0\u05d1\u05d2",
    "control \x00\x07\x1b[31m\x85\u2028 characters\nsecond line\ttab",
    "invalid \\xff\\xfe and \udcff surrogate \ud800",
    "template<" + "std::vector<" * 340 + "int" + ">" * 341 + "()",
    "<!--",
    "]]>&lt;&amp;&#8364;",
    "\U0001f600\ufeff\u200b zero width",
)
"""Names as a compiler, a linker or an attacker may write them; the tenth is of 4 kB."""


def many_functions(count: int, *, images: int = 8, steps: int = 40) -> Measurement:
    """``count`` functions over some images and steps, the hostile ones in the first; always the same."""
    random = Random(count)
    made = [_image(random, number, count // images) for number in range(images)]
    hits = {
        (number, at): [random.randrange(count // images) for _ in range(count // images // 12)]
        for number in range(images)
        for at in range(steps)
        if (number + at) % 3
    }
    phases = [Phase.PREPARE, *[Phase.EXECUTE] * (steps - 2), Phase.FINISH]
    ran = [step(f"step {at} of {phase.value}", phase=phase, duration_s=at / 7) for at, phase in enumerate(phases)]
    ran[1] = replace(
        ran[1], name=HOSTILE[0], output=b"caf\xe9 \x1b[1mbold\x1b[0m <b>&amp;\x00\x85 end\n", script=HOSTILE[1]
    )
    run = measurement(
        made,
        ran,
        hits,
        recipe="large",
        measure=Measure(expect=(made[0].functions[0].demangled, HOSTILE[3])),
        packages=[
            package("large-1.0-1.1.x86_64", "large"),
            package("coreutils-9.5-1.2.x86_64", "coreutils", measured=False),
        ],
    )
    return replace(run, executions=tuple(_execution(at, made) for at in range(1000)))


def _image(random: Random, number: int, count: int) -> Image:
    names = [_names(random) for _ in range(count)]
    made = [
        function(
            linkage,
            demangled=demangled,
            vaddr=0x1000 + 64 * at,
            size=max(1, int(random.paretovariate(1.2) * 24)),
            file=f"/usr/src/debug/large-1.0/{_WORDS[number]}/{_WORDS[at // 60 % 45]}_{at // 2700}.cc",
            line=1 + at % 60 * 20,
            standing=Standing.GLUE if at % 997 == 0 and at else Standing.PROBED,
        )
        for at, (linkage, demangled) in enumerate(names)
    ]
    if not number:
        hostile = [function(f"hostile{at}", demangled=name) for at, name in enumerate(HOSTILE)]
        made[-len(HOSTILE) - 2 :] = [*hostile, skipped("locked"), skipped("refused", SkipReason.NOT_ATTACHED)]
    path = f"/usr/lib64/liblarge-{_WORDS[number]}.so.1.0"
    own = image(path, made, package="large", soname=f"liblarge-{_WORDS[number]}.so.1", build_id=f"{number:040x}")
    inlined = [Inlined(f"tiny_{at}", f"large::tiny_{at}()", "", made[at].file, 3) for at in range(0, count, 40)]
    return replace(own, inlined=tuple(inlined))


def _names(random: Random) -> tuple[str, str]:
    """A linkage name as the Itanium ABI makes it, and what it means."""
    a, b, c, d = (random.choice(_WORDS) for _ in range(4))
    method = f"{d}_{random.randrange(10**6)}"
    encoded = "".join(f"{len(part)}{part}" for part in ("large", a, b.title()))
    linkage = f"_ZN{encoded}I{len(c)}{c}SaI{len(c)}{c}EE{len(method)}{method}ERK{len(a)}{a}m"
    return linkage, f"large::{a}::{b.title()}<{c}, std::allocator<{c}> >::{method}({a} const&, unsigned long)"


def _execution(at: int, images: list[Image]) -> Execution:
    path, owner = (("/usr/bin/sort", "coreutils"), ("/tmp/a.out", ""), (images[0].path, "large"))[at % 3]
    return Execution(
        at % 40, 1000 + at, 999, 0, 1777593600.0 + at / 10, path, (path, HOSTILE[at % 12]), owner, at % 3 == 2
    )
