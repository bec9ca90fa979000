"""What is said where no function can be probed, and that each remedy is one."""

from funkqa.model.plan import Image, ProbePlan, Standing, Unmeasured
from funkqa.pipeline import nothing
from tests.examples import function, image


def plan(*images: Image, unmeasured: tuple[Unmeasured, ...] = ()) -> ProbePlan:
    return ProbePlan(images, unmeasured, (), ())


def test_filters_that_leave_nothing_are_told_with_the_number_of_functions() -> None:
    left_out = [function(name, standing=Standing.EXCLUDED) for name in ("main", "usage")]
    glue = function("_start", standing=Standing.GLUE)
    error = nothing.to_probe(plan(image(functions=[*left_out, glue])), True)
    assert error.message == "--include and --exclude leave none of 2 functions"
    assert error.where == "/usr/bin/bzip2"
    assert error.hint == "look for their names: funkqa functions bzip2"


def test_a_script_is_told_with_how_to_name_the_program() -> None:
    script = plan(unmeasured=(Unmeasured("", "/tmp/script.sh", "it is no ELF file"),))
    error = nothing.to_probe(script, False)
    assert error.where == "/tmp/script.sh: it is no ELF file"
    assert "--elf FILE" in error.hint
    assert "--elf" not in nothing.to_probe(script, True).hint


def test_without_symbols_debuginfo_is_the_remedy() -> None:
    assert "install the debuginfo" in nothing.to_probe(plan(image()), True).hint
    assert nothing.to_list(plan(image())).where == "/usr/bin/bzip2: 0 symbols of functions"


def test_not_all_of_many_files_are_told() -> None:
    files = tuple(Unmeasured("", f"/{number}", "why") for number in range(7))
    assert nothing.to_list(plan(unmeasured=files)).where.endswith("/4: why; and 2 more")
    assert nothing.to_list(plan()).where == "no ELF file"
