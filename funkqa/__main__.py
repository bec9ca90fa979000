"""``python -m funkqa``."""

from funkqa.cli.main import run

run()
