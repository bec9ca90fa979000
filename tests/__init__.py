"""Tests; the folders of unit/ mirror those of the package."""
