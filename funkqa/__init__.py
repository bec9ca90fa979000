"""funkqa: function coverage of installed RPM packages."""

__version__ = "0.1.0"
