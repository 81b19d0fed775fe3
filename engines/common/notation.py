"""Tapes written for people: as text that parses back, and as LaTeX.

Lines that a statement named are written as definitions of their own, and whatever grows beyond
``MAX_INLINE`` operations is referred to by its line name ``v3``: a shared tape of forty lines can
stand for a formula of a million characters.
"""

from __future__ import annotations

from collections.abc import Sequence

from engines.common.operations import ADD, COMPARE, MUL, OPERATIONS, POW
from engines.common.tape import Tape

MAX_INLINE = 40
_ATOM = 100
_Written = tuple[str, int, int]
"""Text, precedence, number of operations."""


def line_names(tape: Tape) -> tuple[str, ...]:
    """A name for every line: inputs by their own, constants by value, the rest ``v1, v2, ...``.

    No two lines get the same name: a number that a typed name has taken is passed over.
    """
    taken = set(tape.variables)
    own: dict[int, str] = {}
    for index, line in enumerate(tape.lines):
        if line.op not in ("input", "constant") and line.name and line.name not in taken:
            own[index] = line.name
            taken.add(line.name)
    names, count = [], 0
    for index, line in enumerate(tape.lines):
        if line.op == "constant":
            names.append(number(line.number))
        elif line.op == "input":
            names.append(str(line.name))
        else:
            count += 1
            while index not in own and f"v{count}" in taken:
                count += 1
            names.append(own.get(index, f"v{count}"))
    return tuple(names)


def number(value: float) -> str:
    """A float as one would write it: ``2``, ``0.5``, ``1e-20``; reads back to the same float."""
    return repr(value)[:-2] if repr(value).endswith(".0") else repr(value)


def formula(tape: Tape, index: int, arguments: Sequence[str]) -> str:
    """One line as text with its arguments already written, as ``"x1*x2"``."""
    line = tape.lines[index]
    if line.op == "input":
        return str(line.name)
    return number(line.number) if line.op == "constant" else applied(line.op, arguments)


def applied(op: str, arguments: Sequence[str]) -> str:
    """An operation as text, its written arguments bracketed where they are not single words."""
    operation = OPERATIONS[op]
    if operation.precedence == _ATOM:
        return operation.text.format(*arguments)
    return operation.text.format(*(a if _is_word(a) else f"({a})" for a in arguments))


def to_text(tape: Tape) -> str:
    """The formula as text; :func:`engines.common.expression.parse` reads it back."""
    definitions, outputs = _write(tape, latex=False)
    parts = [f"{name} = {body}" for name, body in definitions]
    return "; ".join([*parts, ", ".join(outputs)])


def to_latex(tape: Tape, result: str = "y") -> tuple[str, ...]:
    """The formula as LaTeX equations, definitions first."""
    definitions, outputs = _write(tape, latex=True)
    equations = [f"{latex_name(name)} = {body}" for name, body in definitions]
    left = [result] if len(outputs) == 1 else [f"{result}_{{{i + 1}}}" for i in range(len(outputs))]
    written = [f"{name} = {body}" for name, body in zip(left, outputs, strict=True) if name != body]
    return (*equations, *written)


def latex_name(name: str) -> str:
    """``x12`` as ``x_{12}``; names of several letters upright."""
    stem = name.rstrip("0123456789_")
    index = name[len(stem) :].strip("_").replace("_", ",")
    head = stem if len(stem) == 1 else rf"\mathrm{{{stem.replace('_', chr(92) + '_')}}}"
    return f"{head}_{{{index}}}" if index else head


def latex_number(value: float) -> str:
    """A float as LaTeX, with a power of ten where it has an exponent."""
    mantissa, _, exponent = number(value).partition("e")
    if not exponent:
        return {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{NaN}"}.get(
            mantissa, mantissa
        )
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"


def _write(tape: Tape, latex: bool) -> tuple[list[tuple[str, str]], list[str]]:
    """Definitions ``(name, body)`` and the outputs' bodies."""
    names = line_names(tape)
    definitions: list[tuple[str, str]] = []
    written: list[_Written] = []
    for index, line in enumerate(tape.lines):
        if line.op == "input":
            written.append((latex_name(names[index]) if latex else names[index], _ATOM, 0))
        elif line.op == "constant":
            value = line.number
            text = latex_number(value) if latex else number(value)
            written.append((text, _number_precedence(text), 0))
        else:
            item = _compose(line.op, [written[arg] for arg in line.args], latex)
            if line.name or (item[2] > MAX_INLINE and index not in tape.outputs):
                definitions.append((names[index], item[0]))
                item = (latex_name(names[index]) if latex else names[index], _ATOM, 0)
            written.append(item)
    return definitions, [written[output][0] for output in tape.outputs]


def _compose(op: str, parts: Sequence[_Written], latex: bool) -> _Written:
    operation = OPERATIONS[op]
    template = operation.latex if latex else operation.text
    boxed = operation.precedence == _ATOM or (latex and op in ("div", "reciprocal"))
    texts = []
    for place, (text, precedence, _) in enumerate(parts):
        if not boxed and _needs_brackets(op, place, precedence, latex):
            text = rf"\left({text}\right)" if latex else f"({text})"
        texts.append(text)
    size = 1 + sum(part[2] for part in parts)
    precedence = _LATEX_PRECEDENCE.get(op, operation.precedence) if latex else operation.precedence
    return template.format(*texts), precedence, size


_LATEX_PRECEDENCE = {"exp2": POW, "square": POW, "reciprocal": MUL, "rsqrt": MUL}
"""Calls that LaTeX writes without a name, so that a power of them needs brackets."""


def _number_precedence(text: str) -> int:
    if text.startswith("-"):
        return ADD
    return MUL if "10^" in text else _ATOM


def _needs_brackets(op: str, place: int, precedence: int, latex: bool) -> bool:
    own = OPERATIONS[op].precedence
    if op == "pow":
        # LaTeX sets the exponent apart; in text 2^3^2 means 2^(3^2), and a base needs brackets.
        return precedence <= POW if place == 0 else (not latex and precedence < POW)
    if own == COMPARE or (place == 1 and own in (ADD, MUL)):
        # Floating-point addition is not associative: a + (b + c) keeps its brackets.
        return precedence <= own
    return precedence < own or (op == "neg" and precedence == own)


def _is_word(text: str) -> bool:
    return text.replace(".", "").replace("_", "").isalnum()
