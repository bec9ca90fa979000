"""Reports of a comparison: pure render(comparison) to text."""
