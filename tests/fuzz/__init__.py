"""Coverage-guided fuzzing of everything that reads ELF files: ``python -m tests.fuzz``."""
