"""Bodies of functions in source text, and what the page gets of it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from funkqa.analysis.coverage import cover
from funkqa.report.html.bodies import bodies
from funkqa.report.html.columns import columns
from funkqa.report.html.listing import listing
from tests.examples import function, image, measurement


def ranges(text: str, *declared: int) -> dict[int, int]:
    return {first: body.last for first, body in bodies(text, declared).items()}


def test_a_body_ends_at_the_brace_that_closes_it() -> None:
    assert ranges("int f(void)\n{\n  if (x) {\n  }\n}\n\nint g(void) { return 0; }\n", 1, 7) == {1: 5, 7: 7}


def test_braces_in_comments_strings_and_characters_do_not_count() -> None:
    text = 'f() {\n  s = "}\\"}"; c = \'}\'; // }\n  /* } \n } */\n}\ng();\n'
    assert ranges(text, 1) == {1: 5}


def test_both_branches_of_a_condition_may_open_one_block() -> None:
    text = "f() {\n#if A\n  if (a) {\n#elif B\n  if (b) {\n#else\n  if (c) {\n#endif\n  }\n}\nint last;\n"
    assert ranges(text, 1) == {1: 10}


def test_a_declaration_without_a_body_is_one_line() -> None:
    assert ranges("int f(int a,\n  int b);\nint g() const noexcept;\nstruct s {\n};\n", 1, 3) == {1: 2, 3: 3}


def test_parameters_declared_as_before_1989_belong_to_the_function() -> None:
    assert ranges("f (a, b)\n  int a;\n  char *b;\n{\n}\n", 1) == {1: 5}


def test_a_function_inside_of_another_does_not_end_it() -> None:
    assert ranges("void f() {\n  g([](int a) {\n    h();\n  });\n}\n", 1, 2) == {1: 5, 2: 4}


def test_without_a_brace_that_matches_a_body_ends_before_the_next_declaration() -> None:
    assert ranges("function f\n  x = 1\nend\nfunction g\nend", 1, 4) == {1: 3, 4: 5}
    assert ranges("f() {\n  {\n\ng() {\n}\n", 1, 4) == {1: 3, 4: 5}


def test_lines_that_the_text_does_not_have_are_left_out() -> None:
    assert ranges("f() {}\n", 1, 99, 0, -4) == {1: 1}


@given(st.text(alphabet="{}();\"'/*#if else\n\\x"), st.lists(st.integers(-2, 40)))
def test_any_text_gives_bodies_within_it(text: str, declared: list[int]) -> None:
    lines = text.count("\n") + 1
    for first, body in bodies(text, declared).items():
        assert first == body.first <= body.last <= lines


def test_a_file_has_its_text_and_the_rows_of_each_body() -> None:
    here = [function(name, file="a.c", line=line) for name, line in (("f", 1), ("g", 1), ("h", 3), ("i", 0))]
    run = measurement([image(functions=here)], hits={})
    key = (run.run.packages[0].source_rpm, "a.c")
    run = replace(run, sources={key: "f() { }\r\n\x1b[31m\n\th() {\n}\x00\n"})
    rows = columns(cover(run), [key])["rows"]
    [file] = listing(run.sources, [key], rows)
    assert file["text"] == "f() { }\n\\x1b[31m\n\th() {\n}\\x00\n"
    assert file["bodies"] == [[1, 1, [0, 1]], [3, 4, [2]]]
