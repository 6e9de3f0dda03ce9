"""What goes wrong, with the words of the program: the place, the value and the mend."""

from __future__ import annotations

__all__ = ["ConfigError", "FormatError", "InputError", "KlausulError", "TooLargeError", "UsageError"]


class KlausulError(Exception):
    """Any error of klausul."""

    path: str | None = None
    """The file or input it happened in, where known."""
    line: int | None = None
    """The line it happened on, counted from 1, where known."""


class UsageError(KlausulError, ValueError):
    """Something was asked for that does not exist."""


class ConfigError(KlausulError, ValueError):
    """A model, taxonomy or lexicon contradicts itself or another one."""


class InputError(KlausulError, OSError):
    """An input could not be used: it could not be opened or read, or it is of one of the kinds below."""


class FormatError(InputError, ValueError):
    """An input was read but is not what its format demands."""


class TooLargeError(InputError):
    """An input is larger than a limit."""
