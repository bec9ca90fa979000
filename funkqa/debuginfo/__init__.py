"""The debug file of an ELF image: found by build ID, merged, read."""
