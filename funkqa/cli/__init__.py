"""The command line: one verb per file; alone parses arguments, prints and sets the exit code."""
