"""Reports: pure render(coverage) to text."""
