"""openQA's own validator of schedules.

It is openQA's library that is asked (package ``openQA-common`` or ``openqa-common``), with the schemas of its web
interface (package ``openQA`` or ``openqa-server``).
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

LIBRARY = Path(os.environ.get("OPENQA_LIBPATH", "/usr/share/openqa/lib"))
SCHEMAS = LIBRARY.parent / "public/schema"
SCHEMA_OF = {"scenario-definitions": "JobScenarios-01.yaml", "job-templates": "JobTemplates-01.yaml"}
ASK = """
use OpenQA::YAML qw(load_yaml validate_data); use Mojo::JSON 'encode_json';
my $found = validate_data(schema_file => $ARGV[0], data => load_yaml(file => $ARGV[1]));
print encode_json([map { "$_" } @$found]);
"""
INSTALLED = (LIBRARY / "OpenQA/YAML.pm").exists() and SCHEMAS.is_dir()

with_openqa = pytest.mark.skipif(not INSTALLED, reason="openQA's library and schemas are not installed")


def complaints(path: Path, form: str) -> Any:
    """What openQA says of a schedule; nothing if it takes it."""
    command = ["perl", f"-I{LIBRARY}", "-e", ASK, str(SCHEMAS / SCHEMA_OF[form]), str(path)]
    asked = subprocess.run(command, capture_output=True, check=True)
    assert asked.stderr == b""
    return json.loads(asked.stdout)
