"""Installed packages: what they own, and the package managers that install them."""
