"""The one parser of untrusted mathematics: text in, a tape of known operations out.

A formula is read with :func:`ast.parse` and rebuilt, node by node, from a white list of shapes;
nothing typed is ever evaluated as Python. All numbers are floats, so no input can start an
unbounded integer computation, and length, depth and line count are capped.

Accepted::

    log(x1) + x1*x2 - sin(x2)            one formula
    b = a + a; c = b + b; c*x            names for parts, then the formula
    x*y, x + y                           several outputs, separated by commas
    x^2 and x**2, 2.5e-3, pi, e, x > 0   powers, numbers, constants, comparisons (1 or 0)
"""

from __future__ import annotations

import ast
import difflib
import math
import re
from collections.abc import Callable

from engines.common.errors import ParseError
from engines.common.formula_grammar import MAX_DEPTH, checked
from engines.common.formula_text import Part, parts, syntax_tree
from engines.common.operations import ALIASES, CONSTANTS, FUNCTIONS, OPERATIONS
from engines.common.tape import Tape, TapeBuilder

MAX_LINES = 1000
MAX_VARIABLES = 32


def parse(text: str, *, variables: tuple[str, ...] | None = None) -> Tape:
    """Read a formula.

    Args:
        text: the formula; see the module's docstring for what is accepted.
        variables: if given, the only names that may occur as inputs, and their order.

    Raises:
        ParseError: with the character at which reading stopped and what is accepted there.
    """
    trees = [(part, syntax_tree(part, text)) for part in parts(checked(text))]
    if not trees:
        raise ParseError("Type a formula, for example log(x1) + x1*x2 - sin(x2).", text)
    reader = _Reader(text, _inputs(trees, variables, text))
    outputs: list[int] = []
    for part, tree in trees:
        last = part is trees[-1][0]
        if part.name is None and not last:
            message = "Only the last part may stand without a name; write name = ... before it."
            raise ParseError(message, text, part.at, len(part.source))
        nodes = tree.elts if isinstance(tree, ast.Tuple) and part.name is None else [tree]
        outputs = [reader.read(node, part) for node in nodes]
        if not outputs:
            raise ParseError("There is nothing between these brackets.", text, part.at, 2)
        if part.name is not None:
            reader.define(part.name, outputs[0])
    return reader.builder.build(outputs, text)


_Trees = list[tuple[Part, ast.expr]]


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key that puts x2 before x10."""
    parts = re.findall(r"\d+|\D+", name)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _inputs(trees: _Trees, allowed: tuple[str, ...] | None, text: str) -> tuple[str, ...]:
    """Names that occur but are neither defined before, nor functions, nor constants."""
    found: set[str] = set(allowed or ())
    defined: set[str] = set()
    for part, tree in trees:
        called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        for node in sorted(names, key=lambda node: node.col_offset):
            if node in called:
                continue
            if node.id in FUNCTIONS or node.id in ALIASES:
                message = f"{node.id} is a function: write {node.id}(...)."
                raise ParseError(message, text, *part.span(node))
            if node.id not in {*found, *defined, *CONSTANTS}:
                _check_addable(node, allowed, found, text, part)
                found.add(node.id)
        if part.name is not None:
            _check_definable(part, found, defined, text)
            defined.add(part.name)
    return tuple(sorted(found, key=_natural)) if allowed is None else allowed


def _check_addable(
    node: ast.Name, allowed: tuple[str, ...] | None, found: set[str], text: str, part: Part
) -> None:
    if allowed is not None:
        message = f"{node.id!r} is not known here. Known are {', '.join(allowed) or 'no names'}."
        raise ParseError(message, text, *part.span(node))
    if len(found) == MAX_VARIABLES:
        message = f"{node.id} is one variable too many; at most {MAX_VARIABLES} are read."
        raise ParseError(message, text, *part.span(node))


def _check_definable(part: Part, found: set[str], defined: set[str], text: str) -> None:
    name, message = str(part.name), None
    if name in CONSTANTS or name in FUNCTIONS or name in ALIASES:
        message = f"{name} has a meaning already; choose another name."
    elif name in defined:
        message = f"{name} is defined already; choose another name."
    elif name in found:
        message = f"{name} is used before it is defined here; define it first or rename it."
    if message:
        raise ParseError(message, text, part.named_at, len(name))


_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Eq: "eq",
    ast.NotEq: "ne",
}
_NOT_READ: dict[type[ast.expr], str] = {
    ast.Tuple: "Several formulas are read only at the end, outside all brackets, as in x*y, x + y.",
}
_OTHER_LOGARITHMS = "It is the natural logarithm; there are also log2(x) and log10(x)."


class _Reader:
    """Turns the white-listed shapes of a syntax tree into lines of a tape."""

    def __init__(self, text: str, variables: tuple[str, ...]) -> None:
        self.builder = TapeBuilder(variables)
        self._text = text
        self._known = {name: index for index, name in enumerate(variables)}
        self._part = Part(None, 0, "", 0)
        self._rules: dict[type[ast.expr], Callable[..., int]] = {
            ast.BinOp: self._binary,
            ast.UnaryOp: self._unary,
            ast.Compare: self._comparison,
            ast.Call: self._call,
            ast.Name: self._name,
            ast.Constant: self._number,
        }

    def define(self, name: str, index: int) -> None:
        self._known[name] = index
        self.builder.name(index, name)

    def read(self, node: ast.expr, part: Part) -> int:
        """Index of the line that holds the value of ``node``, which ``part`` contains."""
        self._part = part
        return self._visit(node, 0)

    def _visit(self, node: ast.expr, depth: int) -> int:
        if depth > MAX_DEPTH:
            raise self._error(node, f"Nested too deeply; at most {MAX_DEPTH} levels are read.")
        if len(self.builder) >= MAX_LINES:
            raise self._error(node, f"Too long; at most {MAX_LINES} operations are read.")
        rule = self._rules.get(type(node))
        if rule is None:
            raise self._error(node, _NOT_READ.get(type(node), "This is not part of a formula."))
        return rule(node, depth + 1)

    def _binary(self, node: ast.BinOp, depth: int) -> int:
        """A chain such as ``a + b - c`` is one level deep, however long it is."""
        chain: list[ast.BinOp] = []
        first: ast.expr = node
        while isinstance(first, ast.BinOp):
            chain.append(first)
            first = first.left
        result = self._visit(first, depth)
        for link in reversed(chain):
            op = _BINARY.get(type(link.op))
            if op is None:
                raise self._error(link, "This operator is not known: use + - * / or ^.")
            right = self._visit(link.right, depth)
            result = self.builder.apply(op, result, right, position=self._position(link))
        return result

    def _unary(self, node: ast.UnaryOp, depth: int) -> int:
        if isinstance(node.op, ast.UAdd):
            return self._visit(node.operand, depth)
        if not isinstance(node.op, ast.USub):
            raise self._error(node, "Only + and - may stand before a value.")
        if isinstance(node.operand, ast.Constant):
            return self._constant(node.operand, -1.0)
        operand = self._visit(node.operand, depth)
        return self.builder.apply("neg", operand, position=self._position(node))

    def _comparison(self, node: ast.Compare, depth: int) -> int:
        op = _COMPARE.get(type(node.ops[0]))
        if op is None or len(node.ops) != 1:
            message = "Compare two values at a time, as in where(x > 0, x, 0)."
            raise self._error(node, message)
        left, right = self._visit(node.left, depth), self._visit(node.comparators[0], depth)
        return self.builder.apply(op, left, right, position=self._position(node))

    def _call(self, node: ast.Call, depth: int) -> int:
        if not isinstance(node.func, ast.Name):
            raise self._error(node, "Write * between a bracket and what follows it.")
        typed = node.func.id
        name = {"pow": "pow"}.get(typed, ALIASES.get(typed, typed))
        if name not in FUNCTIONS and name != "pow":
            raise self._unknown_function(node.func, typed)
        if node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
            raise self._error(node, f"{typed} takes plain values, separated by commas.")
        arity = OPERATIONS[name].arity
        variadic = name in ("min", "max") and len(node.args) > arity
        if len(node.args) != arity and not variadic:
            raise self._error(node, self._miscount(typed, arity, node))
        args = [self._visit(arg, depth) for arg in node.args]
        result = self.builder.apply(name, *args[:arity], position=self._position(node))
        for arg in args[arity:]:
            result = self.builder.apply(name, result, arg, position=self._position(node))
        return result

    def _name(self, node: ast.Name, depth: int) -> int:
        if node.id in self._known:
            return self._known[node.id]
        return self.builder.constant(CONSTANTS[node.id], self._position(node))

    def _number(self, node: ast.Constant, depth: int) -> int:
        return self._constant(node, 1.0)

    def _constant(self, node: ast.Constant, sign: float) -> int:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise self._error(node, "Only plain numbers are read, as in 2 or 0.5.")
        try:
            value = float(node.value)
        except OverflowError:
            raise self._error(node, "This number is too large; at most 1e308.") from None
        if math.isinf(value):
            raise self._error(node, "This number is too large; at most 1e308.")
        return self.builder.constant(sign * value, self._position(node))

    def _position(self, node: ast.AST) -> int:
        return self._part.span(node)[0]

    def _miscount(self, typed: str, arity: int, node: ast.Call) -> str:
        noun = "value" if arity == 1 else "values"
        message = f"{typed} takes {arity} {noun}, not {len(node.args)}."
        start, length = self._part.span(node)
        surplus = len(node.args) > arity
        if surplus and re.search(r"\d,\d", self._text[start : start + length]):
            return f"{message} Decimals are written with a point, as in 0.5."
        return f"{message} {_OTHER_LOGARITHMS}" if surplus and typed in ("log", "ln") else message

    def _unknown_function(self, node: ast.Name, typed: str) -> ParseError:
        if typed in self._known or typed in CONSTANTS:
            return self._error(node, f"{typed} is a value; to multiply write {typed}*(...).")
        near = difflib.get_close_matches(typed, [*FUNCTIONS, *ALIASES], n=1, cutoff=0.6)
        if near and len(typed) > 2:
            return self._error(node, f"There is no function {typed}. Did you mean {near[0]}?")
        message = f"There is no function {typed}; to multiply write {typed}*(...)."
        return self._error(node, message)

    def _error(self, node: ast.AST, message: str) -> ParseError:
        return ParseError(message, self._text, *self._part.span(node))
