"""The only doors to the outside: processes, files, mounts, the kernel, libdw."""
