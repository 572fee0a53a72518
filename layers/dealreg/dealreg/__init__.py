"""Deal registration. Functions are thin; what they do is here."""

__version__ = "0.1.0"
