"""Shims: small programs in front of those that are measured."""
