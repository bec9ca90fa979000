"""A page as text that can be compared and read."""

import base64
import json
import re
import zlib


def unpacked(page: str) -> str:
    """The page without style and script, which have files of their own; with its data unpacked."""
    bare = re.sub(
        r"<style>.*?</style>|<script>.*?</script>|'?sha256-[^;&']*(?:&#39;|')?", "", page, flags=re.DOTALL
    )
    return re.sub(r"(<script [^>]*>)([^<]+)", _data, bare)


def _data(script: re.Match[str]) -> str:
    data = json.loads(zlib.decompress(base64.b64decode(script[2])))
    return script[1] + json.dumps(data, indent=1, ensure_ascii=False)
