"""``python -m funkqa``, and the command ``funkqa``."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is done yet that Ctrl-C would have to undo

from funkqa.cli.main import run

if __name__ == "__main__":
    run()
