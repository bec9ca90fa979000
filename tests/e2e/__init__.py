"""End to end: root, the real kernel, real packages."""
