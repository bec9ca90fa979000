"""Coverage as Cobertura XML (coverage-04.dtd), for GitLab, Jenkins, gcovr, pycobertura and diff-cover.

An image is a package, a source file a class, a function a method. The format counts lines: each function of the
ratio is one, so that rates and counts are those of the ratio. Functions declared on one line (instances of a
template) are several lines of one number, of which some readers count one. File names are as in LCOV
(``lcov.py``), below the ``source`` that precedes them.
https://github.com/cobertura/cobertura/blob/master/cobertura/src/test/resources/dtds/coverage-04.dtd
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from xml.sax.saxutils import quoteattr

from funkqa.model.coverage import Coverage, ImageCoverage, Ratio, State
from funkqa.report.places import Place, by_file
from funkqa.report.plain import spelled

DOCTYPE = '<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">'
SOURCE = "/"
"""All file names are absolute; readers join them with this."""

_LEAST = Fraction(1, 10_000)


def render(coverage: Coverage) -> str:
    """The document with a newline at the end; to be written as UTF-8."""
    return "\n".join([*_document(coverage), ""])


def rate(ratio: Ratio) -> str:
    """In 0..1 with four decimal places; 1 only if nothing is missing or skipped, 0 only if nothing ran."""
    if not ratio.covered:
        return "0"
    if ratio.covered == ratio.total:
        return "1"
    return f"{float(min(max(ratio.fraction, _LEAST), 1 - _LEAST)):.4f}"


def _document(coverage: Coverage) -> Iterator[str]:
    run, ratio = coverage.measurement.run, coverage.ratio
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield DOCTYPE
    yield (
        f'<coverage line-rate="{rate(ratio)}" branch-rate="0" lines-covered="{ratio.covered}"'
        f' lines-valid="{ratio.total}" branches-covered="0" branches-valid="0" complexity="0"'
        f' version={_quoted(f"funkqa {run.funkqa_version}")} timestamp="{int(run.started)}">'
    )
    yield f" <sources>\n  <source>{SOURCE}</source>\n </sources>"
    yield " <packages>"
    for image in coverage.images:
        if image.ratio.total:
            yield from _package(coverage, image)
    yield " </packages>"
    yield "</coverage>"


def _package(coverage: Coverage, image: ImageCoverage) -> Iterator[str]:
    yield f"  <package name={_quoted(image.image.path)} {_rates(image.ratio)}>\n   <classes>"
    for path, places in by_file(coverage, image).items():
        yield from _class(path.removeprefix(SOURCE), places)
    yield "   </classes>\n  </package>"


def _class(path: str, places: Sequence[Place]) -> Iterator[str]:
    quoted = _quoted(path)
    yield f"    <class name={quoted} filename={quoted} {_rates(_ratio(places))}>\n     <methods>"
    for place in places:
        function = place.function.function
        hit = int(place.function.state is State.COVERED)
        yield (
            f'      <method name={_quoted(function.demangled)} signature="" line-rate="{hit}" branch-rate="0"'
            f' complexity="0"><lines>{_line(place)}</lines></method>'
        )
    yield "     </methods>\n     <lines>"
    yield from (f"      {_line(place)}" for place in places)
    yield "     </lines>\n    </class>"


def _line(place: Place) -> str:
    return f'<line number="{place.line}" hits="{int(place.function.state is State.COVERED)}" branch="false"/>'


def _ratio(places: Iterable[Place]) -> Ratio:
    states = [place.function.state for place in places]
    covered, skipped = states.count(State.COVERED), states.count(State.SKIPPED)
    return Ratio(covered, len(states) - covered - skipped, skipped)


def _rates(ratio: Ratio) -> str:
    return f'line-rate="{rate(ratio)}" branch-rate="0" complexity="0"'


def _quoted(text: str) -> str:
    return quoteattr(spelled(text))
