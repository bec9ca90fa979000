"""What /proc says of a process, and of what is none."""

import os

from funkqa.system import proc


def test_a_process_has_a_state_and_seldom_a_tracer() -> None:
    assert proc.state(str(os.getpid())) == "R"
    assert proc.tracer(str(os.getpid())) == ""


def test_what_is_no_process_has_neither() -> None:
    for pid in ("", "x/../1", "4194305"):
        assert (proc.state(pid), proc.tracer(pid)) == ("", "")
