"""What may be typed as a formula, checked before anything is parsed.

Only a short list of characters, number shapes, names and neighbours gets through, and every
common slip is answered at its own place and in its own words.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass

from engines.common.errors import ParseError
from engines.common.operations import ALIASES, FUNCTIONS

MAX_CHARACTERS = 2000
MAX_DEPTH = 150
MAX_NAME = 24

_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2013", "-"),  # minus sign, and the dash that editors make of it
        **dict.fromkeys("\u00d7\u00b7\u22c5\u2217", "*"),
        **dict.fromkeys("\u00f7\u2215", "/"),
        **dict.fromkeys("\u00a0\u2009\u202f", " "),  # spaces that come with copied text
        "\r": "\n",
    }
)
_ALLOWED = re.compile(r"[A-Za-z0-9_+\-*/^().,;=<>! \t\n]")
_HINTS = {
    "|": "For the absolute value write abs(x).",
    "\u221a": "For the square root write sqrt(x).",
    "\u00b2": "For the square write ^2.",
    "\u00b3": "For the third power write ^3.",
    "\u03c0": "Write pi.",
    "\u2264": "Write <=.",
    "\u2265": "Write >=.",
    "\u2260": "Write !=.",
    "%": "For a percentage divide by 100.",
    "\\": "LaTeX is not read; write sqrt(x), sin(x), a/b.",
    **dict.fromkeys("[]{}", "Use round brackets."),
    **dict.fromkeys("&", "To ask for two conditions multiply them: (x > 0)*(y > 0)."),
    **dict.fromkeys("'\u2032", "Derivatives are not typed; name a variable x1 or x_new."),
    **dict.fromkeys('"`', "A formula holds no text."),
    **dict.fromkeys("#", "A formula holds no comments."),
    **dict.fromkeys(":", "A definition is written name = formula."),
}
_KEYWORDS = {
    "and": "to ask for two conditions multiply them: (x > 0)*(y > 0)",
    "or": "to ask for one of two conditions write max(x > 0, y > 0)",
    "not": "to turn a condition round write 1 - (x > 0)",
    **dict.fromkeys(("if", "else"), "a choice is written where(condition, value, other value)"),
    "lambda": "write only the formula, as in x^2",
}
_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<space>[ \t]+)"
    r"|(?P<open>\()|(?P<close>\))|(?P<comma>,)|(?P<end>[;\n])|(?P<compare>[<>=!]=|[<>])"
    r"|(?P<equals>=)|(?P<sign>[+-])|(?P<operator>\*\*|[*/^])|(?P<other>.)",
    re.ASCII | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int
    tight: bool
    """Whether nothing, not even a space, lies between it and the token before."""


def checked(text: str) -> str:
    """The text with typographic signs made plain (one for one, so positions stay).

    Raises:
        ParseError: at the first character, number, name or neighbour that no formula has.
    """
    if len(text) > MAX_CHARACTERS:
        message = f"The formula has {len(text)} characters; at most {MAX_CHARACTERS} are read."
        raise ParseError(message, text, MAX_CHARACTERS, len(text) - MAX_CHARACTERS)
    plain = text.translate(_TYPOGRAPHY)
    for position, character in enumerate(plain):
        if not _ALLOWED.match(character):
            hint = _HINTS.get(character, "Use letters, digits, + - * / ^ ( ) , and comparisons.")
            raise ParseError(f"{character!r} has no meaning here. {hint}", text, position)
    _Grammar(text).check(_tokens(plain))
    return plain


def _tokens(plain: str) -> Iterator[_Token]:
    tight = False
    for match in _TOKEN.finditer(plain):
        kind = match.lastgroup or "other"
        if kind != "space":
            yield _Token(kind, match.group(), match.start(), tight)
        tight = kind != "space"
    yield _Token("end", "", len(plain), False)


class _Grammar:
    """Refuses the first token that cannot follow what stands before it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._before: list[_Token] = []
        """The tokens of this part so far."""
        self._open: list[_Token] = []

    def check(self, tokens: Iterator[_Token]) -> None:
        for token in tokens:
            self._check_shape(token)
            before = self._before[-1] if self._before else None
            if before is not None and before.kind in ("number", "name", "close"):
                self._after_value(before, token)
            else:
                self._before_value(before, token)
            self._check_brackets(token)
            self._before = [] if token.kind == "end" else [*self._before[-2:], token]

    def _check_shape(self, token: _Token) -> None:
        """Of one token by itself."""
        written = token.text
        if token.kind == "other":
            dot = "A dot may stand only inside a number, as in 0.5."
            raise self._error(dot if written == "." else "There is no factorial here.", token)
        if token.kind == "number" and re.match(r"0\d+$", written) and int(written):
            raise self._error("Write this number without leading zeros.", token)
        if token.kind == "name" and not (token.tight and written.startswith("_")):
            _check_name(token, self._text)

    def _after_value(self, before: _Token, token: _Token) -> None:
        if token.kind in ("number", "name"):
            raise self._error(_side_by_side(before, token), token)
        if token.kind == "open" and before.kind != "name":
            pair = "the brackets" if before.kind == "close" else f"{before.text} and the bracket"
            message = f"An operator is missing between {pair}; to multiply write *."
            raise self._error(message, token)
        if token.kind == "equals" and (before.kind != "name" or len(self._before) != 1):
            message = "Only name = formula is read, once in each part; to compare write ==."
            raise self._error(message, token)
        if token.kind in ("operator", "sign") and _is_function(before):
            message = f"{before.text} needs brackets: {before.text}(x), and then {token.text}."
            raise self._error(message, before)

    def _before_value(self, before: _Token | None, token: _Token) -> None:
        if token.kind in ("number", "name", "open", "sign"):
            if token.kind == "number" and token.tight and self._is_decimal_comma():
                message = (
                    "Write decimals with a point, as in 0.5; between two formulas put a space "
                    "after the comma."
                )
                raise self._error(message, self._before[-1])
            return
        if token.kind == "end":
            closed = not (self._open and token.text)
            if before is not None and closed:
                raise self._too_early(before, token)
        elif token.kind == "close" and not self._open:
            raise self._error("This bracket was never opened.", token)
        elif token.kind != "close" or before is None or before.kind != "open":
            raise self._error(_missing_value(before, token), token)

    def _is_decimal_comma(self) -> bool:
        """Whether ``1,`` stands before this number, outside all brackets."""
        if self._open or len(self._before) < 2:
            return False
        first, comma = self._before[-2:]
        return first.kind == "number" and comma.kind == "comma" and comma.tight

    def _too_early(self, before: _Token, token: _Token) -> ParseError:
        if before.kind == "equals":
            return self._error("A formula is expected after this =.", before)
        message = "The formula ends too early: a number, a name or a bracket is expected here."
        return self._error(message, token)

    def _check_brackets(self, token: _Token) -> None:
        if token.kind == "open":
            self._open.append(token)
            if len(self._open) > MAX_DEPTH:
                message = f"Nested too deeply; at most {MAX_DEPTH} levels are read."
                raise self._error(message, token)
        elif token.kind == "close":
            if not self._open:
                raise self._error("This bracket was never opened.", token)
            self._open.pop()
        elif token.kind == "end" and self._open:
            raise self._error("This bracket is never closed.", self._open[-1])

    def _error(self, message: str, token: _Token) -> ParseError:
        return ParseError(message, self._text, token.at, len(token.text))


def _is_function(token: _Token) -> bool:
    return token.kind == "name" and (token.text in FUNCTIONS or token.text in ALIASES)


def _side_by_side(before: _Token, token: _Token) -> str:
    if _is_function(before):
        return f"{before.text} needs brackets: {before.text}({token.text})."
    if before.kind == "number" and token.kind == "number":
        return "Two numbers stand side by side; a number has one decimal point and no spaces."
    if before.kind == "number" and token.text.startswith("_"):
        return "Write numbers without separators, as in 1000."
    if before.kind == "close":
        return f"An operator is missing between the bracket and {token.text}; to multiply write *."
    missing = f"An operator is missing between {before.text} and {token.text}"
    return f"{missing}; to multiply write {before.text}*{token.text}."


def _missing_value(before: _Token | None, token: _Token) -> str:
    if before is None or before.kind == "open":
        return f"A number, a name or a bracket is expected before this {token.text}."
    return f"A number, a name or a bracket is expected between {before.text} and {token.text}."


def _check_name(token: _Token, text: str) -> None:
    name = token.text
    message = None
    if len(name) > MAX_NAME:
        message = f"Names have at most {MAX_NAME} characters."
    elif name.startswith("_") or name.endswith("__"):
        message = f"{name!r} cannot be used as a name; begin with a letter, as in x1 or speed."
    elif keyword.iskeyword(name):
        hint = _KEYWORDS.get(name, "choose another")
        message = f"{name!r} cannot be used as a name; {hint}."
    if message:
        raise ParseError(message, text, token.at, len(name))
