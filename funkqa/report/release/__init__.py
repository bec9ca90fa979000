"""Reports of a release: pure render(report) to text."""
