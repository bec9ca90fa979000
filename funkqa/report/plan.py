"""A probe plan as text and as JSON."""

from collections import Counter
from collections.abc import Iterator

from funkqa.model.plan import Image, Probe, ProbePlan, Standing
from funkqa.report.jsonreport import dumped

SCHEMA = "funkqa/plan/1"


def render_text(plan: ProbePlan) -> str:
    """For each image its counts, what is skipped and why, and where its symbols come from."""
    return "\n".join(_lines(plan)) + "\n"


def render_json(plan: ProbePlan) -> str:
    """The plan in the form of ``plan.schema.json``."""
    probes = first_probes(plan)
    document = {
        "schema": SCHEMA,
        "images": [
            {
                "package": image.package,
                "path": image.path,
                "links": list(image.links),
                "role": image.role.value,
                "soname": image.soname,
                "build_id": image.build_id,
                "debug": image.debug.value,
                "inlined": len(image.inlined),
                "functions": [
                    {
                        "name": function.name,
                        "demangled": function.demangled,
                        "vaddr": function.vaddr,
                        "size": function.size,
                        "file": function.file,
                        "line": function.line,
                        "standing": function.standing.value,
                        "reason": function.reason.value if function.reason else None,
                        "probe": probes[number, index].offset if (number, index) in probes else None,
                        "emulated": probes[number, index].emulated if (number, index) in probes else None,
                    }
                    for index, function in enumerate(image.functions)
                ],
            }
            for number, image in enumerate(plan.images)
        ],
        "unmeasured": [
            {"package": file.package, "path": file.path, "reason": file.reason} for file in plan.unmeasured
        ],
    }
    return dumped(document, indent=1) + "\n"


def first_probes(plan: ProbePlan) -> dict[tuple[int, int], Probe]:
    """By image and function; of several probes of one function, the one in the body that stands for it."""
    found: dict[tuple[int, int], Probe] = {}
    for probe in plan.probes:
        entry = plan.images[probe.image].functions[probe.function].offset
        known = found.get((probe.image, probe.function))
        if known is None or known.offset < entry <= probe.offset:
            found[probe.image, probe.function] = probe
    return found


def _lines(plan: ProbePlan) -> Iterator[str]:
    probes = Counter(probe.image for probe in plan.probes)
    cheap = Counter(probe.image for probe in plan.probes if probe.emulated)
    for number, image in enumerate(plan.images):
        standing = Counter(function.standing for function in image.functions)
        yield image.path
        if image.links:
            yield f"  also called  {', '.join(image.links)}"
        yield f"  symbols      {_source(image)}"
        copies = "" if probes[number] == standing[Standing.PROBED] else f" by {probes[number]} probes"
        emulated = f"{cheap[number]} of them on emulated instructions"
        yield f"  probed       {standing[Standing.PROBED]}{copies}, {emulated}"
        for kind, word in ((Standing.GLUE, "glue"), (Standing.EXCLUDED, "excluded")):
            if standing[kind]:
                yield f"  {word:<12} {standing[kind]}"
        if image.inlined:
            yield f"  only inlined {len(image.inlined)}, which can't be measured"
        reasons = Counter(function.reason for function in image.functions if function.standing is Standing.SKIPPED)
        for reason, count in reasons.most_common():
            yield f"  skipped      {count}: {reason.value if reason else ''}"
    for file in plan.unmeasured:
        yield f"{file.path}\n  not measured: {file.reason}"
    skipped = sum(1 for _ in plan.skipped())
    yield f"total: {len(plan.probes)} probes on {len(plan.images)} ELF files, {skipped} functions skipped"


def _source(image: Image) -> str:
    package = f" of {image.debug_package}" if image.debug_package else ""
    return f"{image.debug.value}{package}"
