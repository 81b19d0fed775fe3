"""Named errors whose message a person can act on.

Every engine raises a subclass of :class:`EngineError` for bad input; a page catches that one
class and shows ``str(error)`` beside the input it belongs to.
"""

from __future__ import annotations


class EngineError(ValueError):
    """Bad input. ``str(error)`` says what was wrong, where, and what is accepted."""


class ParseError(EngineError):
    """A typed formula that is not one, with the place where reading stopped.

    Attributes:
        text: what was typed, unchanged.
        position: index into ``text`` of the first character that could not be accepted.
        length: how many characters from there are at fault (at least 1).
    """

    def __init__(self, message: str, text: str = "", position: int = 0, length: int = 1) -> None:
        super().__init__(message)
        self.text = text
        self.position = max(0, min(position, len(text)))
        self.length = max(1, length)

    def pointer(self, width: int = 60) -> str:
        """Two lines: the part of the text around the fault, and carets under the fault."""
        start = max(0, self.position - width // 2)
        shown = self.text[start : start + width].replace("\n", ";").replace("\t", " ")
        carets = min(self.length, max(1, len(shown) - (self.position - start)))
        return f"{shown}\n{' ' * (self.position - start)}{'^' * carets}"


class InputError(EngineError):
    """A value, shape or name that a function cannot use."""


class FileError(EngineError):
    """An uploaded or named file that cannot be read safely."""


class CheckpointError(EngineError):
    """A checkpoint that is missing, altered or does not fit its manifest."""


class JailError(EngineError):
    """A jailed computation that ran out of time or memory, or failed."""
