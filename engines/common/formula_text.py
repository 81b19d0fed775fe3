"""From typed text to syntax trees, part by part.

:mod:`engines.common.formula_grammar` has checked the text before, so the syntax trees can hold no
strings, attributes, keywords or lambdas.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from engines.common.errors import ParseError
from engines.common.formula_grammar import MAX_DEPTH

_DEFINITION = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)", re.ASCII)


@dataclass(frozen=True)
class Part:
    """What stands between two semicolons or line breaks.

    Attributes:
        name: the name it defines, or ``None``.
        at: where in the text its formula begins.
        source: the formula.
        named_at: where in the text its name begins.
    """

    name: str | None
    at: int
    source: str
    named_at: int

    @cached_property
    def _columns(self) -> list[int]:
        """The column of every character once each ``^`` has become ``**``."""
        columns, column = [], 0
        for character in self.source:
            columns.append(column)
            column += 2 if character == "^" else 1
        return [*columns, column]

    def position(self, column: int) -> int:
        """Where in the typed text a column of the syntax tree lies."""
        return self.at + min(bisect_left(self._columns, column), len(self.source))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Position and length of a node of the syntax tree."""
        start = self.position(getattr(node, "col_offset", 0))
        end = self.position(getattr(node, "end_col_offset", None) or 0)
        return start, max(1, end - start)


def parts(plain: str) -> Iterator[Part]:
    """What stands between semicolons or line breaks; empty parts are skipped."""
    start = 0
    for piece in re.split(r"[;\n]", plain):
        if piece.strip():
            definition = _DEFINITION.match(piece)
            body = piece[definition.end() :] if definition else piece
            at = start + len(piece) - len(body.lstrip())
            name = definition.group(1) if definition else None
            named_at = start + definition.start(1) if definition else at
            yield Part(name, at, body.strip(), named_at)
        start += len(piece) + 1


def syntax_tree(part: Part, text: str) -> ast.expr:
    """Python's syntax tree of one part; ``^`` is read as ``**``."""
    try:
        return ast.parse(part.source.replace("^", "**"), mode="eval").body
    except SyntaxError as error:
        position = part.position(max(0, (error.offset or 1) - 1))
        raise ParseError("The formula cannot be read from here.", text, position) from None
    except (RecursionError, MemoryError, ValueError):
        message = f"Nested too deeply; at most {MAX_DEPTH} levels are read."
        raise ParseError(message, text, part.at, len(part.source)) from None
