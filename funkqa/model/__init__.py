"""Frozen values and errors; standard library only."""
