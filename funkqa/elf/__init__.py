"""ELF images: their functions, and where a probe may sit. Pure: bytes in, values out."""
