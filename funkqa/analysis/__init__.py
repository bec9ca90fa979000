"""What follows from a measurement: coverage, comparison."""
