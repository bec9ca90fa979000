"""Examples out of the sources of manual pages: man(7), mdoc(7) and what pod2man writes."""

from funkqa.recipe.manpage import examples

HEAD = '.\\" a comment\n.TH FOO 1\n.SH NAME\nfoo \\- does it\n.SH OPTIONS\n.TP\n.B \\-\\-all\nAll of it.\n'


def test_the_section_of_examples_ends_with_the_next_one() -> None:
    page = HEAD + ".SH EXAMPLES\nRun it:\n.PP\n.nf\nfoo \\-a bar\n.fi\n.SH SEE ALSO\nbar(1)\n"
    assert examples(page) == ("Run it:", "", "    foo -a bar")


def test_a_page_without_examples_has_none() -> None:
    assert examples(HEAD) == ()
    assert examples("") == ()


def test_text_is_filled_and_code_stays_as_it_is() -> None:
    page = '.SH "EXAMPLE"\nCompress the file\n.I foo\ninto\n'
    page += ".BR foo.xz :\n.EX\n$ xz \\-\\-keep   \\(aqfoo bar\\(aq \\e\n    | cat\n.EE\n"
    assert examples(page) == (
        "Compress the file foo into foo.xz:",
        "",
        "    $ xz --keep   'foo bar' \\",
        "        | cat",
    )


def test_pod2man_is_understood() -> None:
    page = '.SH "EXAMPLES"\n.IX Header "EXAMPLES"\nExamine a \\fBrequest\\fR:\n'
    page += ".PP\n.Vb 1\n\\& openssl req \\-in req.pem\n.Ve\n"
    assert examples(page) == ("Examine a request:", "", "     openssl req -in req.pem")


def test_mdoc_is_understood() -> None:
    page = ".Sh EXAMPLES\nDump it with\n.Nm ls\n.Fl l Ar file :\n.Dl $ ls -l file\n"
    page += ".Bd -literal\na\tb\n.Ed\n.Sh BUGS\nNone.\n"
    assert examples(page) == ("Dump it with ls -l file :", "    $ ls -l file", "", "    a\tb")


def test_long_lines_of_text_are_folded() -> None:
    assert max(map(len, examples(".SH EXAMPLES\n" + "word " * 100))) <= 76


def test_several_sections_and_subsections_are_joined() -> None:
    page = '.SH EXAMPLES OF IT\n.SS Basics\none\n.SS "More of it"\ntwo\n.SH FILES\nthree\n.SH EXAMPLE\nfour\n'
    assert examples(page) == ("Basics:", "one", "", "More of it:", "two four")
