"""From typed text to syntax trees: what may be written, checked before anything is parsed.

Only a short list of characters, number shapes and names gets through, so the syntax trees that
:mod:`engines.common.expression` rebuilds can hold no strings, attributes, keywords or lambdas.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterator

from engines.common.errors import ParseError

MAX_CHARACTERS = 2000
MAX_DEPTH = 150
MAX_NAME = 24

_TYPOGRAPHY = str.maketrans({"\u2212": "-", "\u00d7": "*", "\u00b7": "*", "\u22c5": "*"})
_ALLOWED = re.compile(r"[A-Za-z0-9_+\-*/^().,;=<>! \t\n]")
_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<other>\*\*|[<>=!]=|\s+|.)",
    re.ASCII | re.DOTALL,
)
_OPEN_ENDS = ("+", "-", "*", "/", "^", "(", "=", "<", ">")
_DEFINITION = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)", re.ASCII)


def checked(text: str) -> str:
    """The text with typographic signs made plain (one for one, so positions stay)."""
    if len(text) > MAX_CHARACTERS:
        message = f"The formula has {len(text)} characters; at most {MAX_CHARACTERS} are read."
        raise ParseError(message, text, MAX_CHARACTERS)
    plain = text.translate(_TYPOGRAPHY).replace("\r", "\n")
    for position, character in enumerate(plain):
        if not _ALLOWED.match(character):
            raise ParseError(
                f"The character {character!r} has no meaning here. Use letters, digits, "
                "+ - * / ^ ( ) , and comparisons.",
                text,
                position,
            )
    _check_tokens(plain, text)
    return plain


def _check_tokens(plain: str, text: str) -> None:
    previous = None
    for token in _TOKEN.finditer(plain):
        kind = token.lastgroup
        if previous == "number" and kind in ("number", "name"):
            raise ParseError(
                "A number is followed directly by something else; write * between, as in 2*x.",
                text,
                token.start(),
                len(token.group()),
            )
        if token.group() == ".":
            message = "A dot may stand only inside a number, as in 0.5."
            raise ParseError(message, text, token.start())
        if kind == "name":
            _check_name(token.group(), text, token.start())
        previous = kind


def _check_name(name: str, text: str, position: int) -> None:
    if len(name) > MAX_NAME:
        message = f"Names have at most {MAX_NAME} characters."
        raise ParseError(message, text, position, len(name))
    if name.startswith("_") or name.endswith("__") or keyword.iskeyword(name):
        message = f"{name!r} cannot be used as a name; begin with a letter, as in x1 or speed."
        raise ParseError(message, text, position, len(name))


def statements(plain: str) -> Iterator[tuple[str | None, int, str]]:
    """``(name or None, position, source)`` of every part between semicolons or line breaks."""
    start = 0
    for part in re.split(r"[;\n]", plain):
        if part.strip():
            definition = _DEFINITION.match(part)
            name = definition.group(1) if definition else None
            body = part[definition.end() :] if definition else part
            offset = start + len(part) - len(body) + len(body) - len(body.lstrip())
            yield name, offset, body.strip()
        start += len(part) + 1


def syntax_tree(source: str, at: int, text: str) -> ast.expr:
    """Python's syntax tree of one part; ``^`` is read as ``**``."""
    if not source:
        raise ParseError("A formula is expected after this =.", text, max(0, at - 1))
    try:
        tree = ast.parse(source.replace("^", "**"), mode="eval").body
    except SyntaxError as error:
        column = original_column(source, (error.offset or 1) - 1)
        if source.endswith(_OPEN_ENDS):
            raise ParseError(
                "The formula ends too early: a number, a name or a bracket is expected here.",
                text,
                at + len(source),
            ) from None
        raise ParseError(_explain(error, source, column), text, at + column) from None
    except (RecursionError, MemoryError, ValueError):
        message = f"The formula is nested too deeply; at most {MAX_DEPTH} levels are read."
        raise ParseError(message, text, at) from None
    return tree


def original_column(source: str, column: int) -> int:
    """The column before ``^`` became ``**``."""
    position = 0
    for index, character in enumerate(source):
        if position >= column:
            return index
        position += 2 if character == "^" else 1
    return max(0, len(source) - 1)


def _explain(error: SyntaxError, source: str, column: int) -> str:
    message = error.msg or ""
    if "never closed" in message:
        return "This bracket is never closed."
    if "unmatched" in message or "does not match" in message:
        return "This bracket was never opened."
    if column < len(source) and source[column] == "=":
        return "Only one name = formula is read per part; to compare use ==."
    return "The formula cannot be read from here: an operator such as + - * / ^ is expected."
