"""One function written three ways, each a script that runs and leaves ``gradient``, a dict.

The paper's wrapped calls, this project's overloaded operators, and torch. Every line of the tape
is one line of code, so a reader can lay the scripts, the graph and the printed sweep side by side.
All three differentiate the first output.
"""

from __future__ import annotations

import builtins
import textwrap
from collections.abc import Iterable, Mapping

from engines.common.errors import InputError
from engines.common.notation import line_names
from engines.common.operations import OPERATIONS
from engines.common.tape import Line, Tape

_PAPER = ("add", "sub", "mul", "log", "sin")


def as_nodes(tape: Tape, point: Mapping[str, float]) -> str:
    """The paper's way: wrapped calls on nodes, then one forward sweep for every input.

    Raises:
        InputError: if a variable has no number.
    """
    used = dict.fromkeys(line.op for line in tape.lines if line.op in OPERATIONS)
    imported = ["Graph", "Node", *(op for op in _PAPER if op in used), "forward"]
    wrapped = {op: f"{op}_" if hasattr(builtins, op) else op for op in used if op not in _PAPER}
    if wrapped:
        imported.append("wrap")
    names = _python_names(tape, [*imported, *used, *wrapped.values(), "graph", "gradient", "name", "step"])
    code = [f"from engines.autodiff.teaching import {', '.join(imported)}", ""]
    code += [f'{call} = wrap("{op}")' for op, call in wrapped.items()]
    for name, line in zip(names, tape.lines, strict=True):
        arguments = ", ".join(names[arg] for arg in line.args)
        if line.op == "input":
            code.append(f'{name} = Node({_coordinate(point, line.name)}, name="{line.name}")')
        elif line.op == "constant":
            code.append(f'{name} = Node({_literal(line.value)}, operator="constant")')
        else:
            code.append(f"{name} = {wrapped.get(line.op, line.op)}({arguments})")
    graph = f"graph = Graph(({', '.join(names)},), outputs=({tape.outputs[0]},))"
    return "\n".join([
        *code,
        "",
        textwrap.fill(graph, 96, subsequent_indent="    "),
        "gradient = {}",
        f"for name in {list(tape.variables)}:",
        "    for step in forward(graph, name):",
        "        print(step.symbols, step.numbers)",
        f"    gradient[name] = {names[tape.outputs[0]]}.partial_derivative",
    ])


_SIGNS = {
    **{"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"},
    **{"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="},
}
_COMPARISONS = ("gt", "ge", "lt", "le", "eq", "ne")
_TORCH = {
    "neg": "-{0}",
    "min": "torch.minimum({0}, {1})",
    "max": "torch.maximum({0}, {1})",
    "where": "torch.where({0} != 0, {1}, {2})",
    "cbrt": "torch.sign({0}) * torch.abs({0}) ** (1 / 3)",
    "softplus": "-torch.nn.functional.logsigmoid(-{0})",
    "silu": "torch.nn.functional.silu({0})",
    "gelu": "torch.nn.functional.gelu({0})",
    **{op: f"{{0}} {sign} {{1}}" for op, sign in _SIGNS.items()},
    **{op: f"({{0}} {_SIGNS[op]} {{1}}).double()" for op in _COMPARISONS},
}
"""What differs from ``torch.<name>(...)``; torch has no cube root of negative numbers."""


def as_torch(tape: Tape, point: Mapping[str, float]) -> str:
    """The same in torch, with one backward pass.

    Raises:
        InputError: if a variable has no number.
    """
    names = _python_names(tape, ["torch", "gradient"])
    inline = _inline_constants(tape)
    code = ["import torch", ""]
    for index, line in enumerate(tape.lines):
        value = _coordinate(point, line.name) if line.op == "input" else _literal(line.value)
        if line.op == "input":
            written = f"torch.tensor({value}, dtype=torch.float64, requires_grad=True)"
        elif line.op == "constant":
            written = f"torch.tensor({value}, dtype=torch.float64)"
        else:
            template = _TORCH.get(line.op) or f"torch.{OPERATIONS[line.op].text}"
            written = template.format(*(inline.get(arg, names[arg]) for arg in line.args))
        if index not in inline:
            code.append(f"{names[index]} = {written}")
    live = _differentiable(tape)
    pairs = [
        f'"{name}": {names[index]}.grad.item()' if index in live else f'"{name}": 0.0'
        for index, name in enumerate(tape.variables)
    ]
    backward = [f"{names[tape.outputs[0]]}.backward()"] if live else []
    return "\n".join([*code, "", *backward, f"gradient = {{{', '.join(pairs)}}}"])


def _inline_constants(tape: Tape) -> dict[int, str]:
    """Constants that may stand as plain numbers: beside a tensor, in an infix operation."""
    plain = {
        index: f"({value})" if value.startswith("-") else value
        for index, line in enumerate(tape.lines)
        if line.op == "constant" and index not in tape.outputs
        for value in [_literal(line.value)]
    }
    constant = set(plain)
    for line in tape.lines:
        if line.op not in _SIGNS or constant.issuperset(line.args):
            for arg in line.args:
                plain.pop(arg, None)
    return plain


def _differentiable(tape: Tape) -> set[int]:
    """Lines on which torch can differentiate the first output."""
    tracked: set[int] = set()
    for index, line in enumerate(tape.lines):
        if line.op == "input" or (tracked.intersection(_slopes(line))):
            tracked.add(index)
    reached = {tape.outputs[0]} & tracked
    for index in range(tape.outputs[0], -1, -1):
        if index in reached:
            reached.update(tracked.intersection(_slopes(tape.lines[index])))
    return reached


def _slopes(line: Line) -> tuple[int, ...]:
    """The arguments through which torch passes a derivative on."""
    if line.op in _COMPARISONS:
        return ()
    return line.args[1:] if line.op == "where" else line.args


def _python_names(tape: Tape, taken: Iterable[str]) -> list[str]:
    """A name for every line, unlike Python's own and ``taken``; constants are c1, c2, ..."""
    used = {*dir(builtins), *taken}
    names: list[str] = []
    constants = 0
    for line, name in zip(tape.lines, line_names(tape), strict=True):
        if line.op == "constant":
            constants += 1
            name = f"c{constants}"
        while name in used:
            name += "_"
        used.add(name)
        names.append(name)
    return names


def _coordinate(point: Mapping[str, float], name: str | None) -> str:
    if name not in point:
        raise InputError(f"Give a number for {name}.")
    return _literal(point[name])


def _literal(value: float | None) -> str:
    """A float as Python code."""
    written = repr(float(value or 0.0))
    return f'float("{written}")' if written.strip("-") in ("inf", "nan") else written
