"""One function written three ways, each a script that runs and leaves its gradient in ``slopes``.

The paper's wrapped calls, this project's overloaded operators, and torch. Every line of the tape
is one line of code, so a reader can lay the scripts, the graph and the printed sweep side by side.
All three differentiate the first output at the point that they name.
"""

from __future__ import annotations

import builtins
import itertools
import keyword
import textwrap
from collections.abc import Container, Iterable, Mapping, Sequence

from engines.autodiff.sweeps import constant_lines
from engines.common.errors import InputError
from engines.common.notation import line_names
from engines.common.operations import OPERATIONS
from engines.common.tape import Tape

_WIDTH = 96
_PAPER = ("add", "sub", "mul", "log", "sin")
_COMPARISONS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}
_INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**", **_COMPARISONS}
_FUNCTION_NAMES = {"pow": "power", "min": "minimum", "max": "maximum", "abs": "absolute"}
"""What ``engines.autodiff.operators`` calls the operations whose own names are Python's."""


def as_nodes(tape: Tape, point: Mapping[str, float]) -> str:
    """The paper's way: wrapped calls on nodes, then one forward sweep for every input.

    Raises:
        InputError: if a variable has no number.
    """
    used = dict.fromkeys(line.op for line in tape.lines if line.op in OPERATIONS)
    wrapped = {op: f"{op}_" if hasattr(builtins, op) else op for op in used if op not in _PAPER}
    imported = ["Graph", "Node", *(op for op in _PAPER if op in used), "forward"]
    imported += ["wrap"] if wrapped else []
    own = {*dir(builtins), *imported, *wrapped.values(), "graph", "name", "slopes", "step"}
    names = _python_names(tape, own)
    code = [*_import("engines.autodiff.teaching", {name: name for name in imported}), ""]
    code += [f'{call} = wrap("{op}")' for op, call in wrapped.items()]
    code += _node_calls(tape, point, names, wrapped)
    output = tape.outputs[0]
    nodes = f"({', '.join(names)})" if len(names) > 1 else f"({names[0]},)"
    graph = textwrap.wrap(f"graph = Graph({nodes}, outputs=({output},))", _WIDTH)
    sweeps = [
        "slopes = {}",
        f"for name in {list(tape.variables)}:",
        "    for step in forward(graph, name):",
        "        print(step.symbols, step.numbers)",
        f"    slopes[name] = {names[output]}.partial_derivative",
    ]
    return "\n".join([*code, "", *graph, *sweeps, ""])


def _node_calls(
    tape: Tape, point: Mapping[str, float], names: Sequence[str], wrapped: Mapping[str, str]
) -> list[str]:
    """One call for each line of the tape."""
    code = []
    for name, line in zip(names, tape.lines, strict=True):
        arguments = ", ".join(names[arg] for arg in line.args)
        if line.op == "input":
            code.append(f'{name} = Node({_coordinate(point, line.name)}, name="{line.name}")')
        elif line.op == "constant":
            code.append(f'{name} = Node({_literal(line.number)}, operator="constant")')
        else:
            code.append(f"{name} = {wrapped.get(line.op, line.op)}({arguments})")
    return code


def as_operators(tape: Tape, point: Mapping[str, float]) -> str:
    """The engine's way: an ordinary function, which the engine runs on symbols to see its tape.

    Raises:
        InputError: if a variable has no number.
    """
    names = [
        _literal(line.number, inner=True) if line.op == "constant" else name
        for line, name in zip(tape.lines, _python_names(tape, ()), strict=True)
    ]
    body, imported = _function_body(tape, names)
    numbers = (f'"{name}": {_coordinate(point, name)}' for name in tape.variables)
    return "\n".join(
        [
            "from engines.autodiff import gradient",
            *_import("engines.autodiff.operators", imported),
            "",
            f"def f({', '.join(tape.variables)}):",
            *body,
            f"    return {names[tape.outputs[0]]}",
            "",
            f"slopes = gradient(f, {{{', '.join(numbers)}}})",
            "",
        ]
    )


def _function_body(tape: Tape, names: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The operations, one a line, and under which name each function they call is imported."""
    fixed = constant_lines(tape)
    imported: dict[str, str] = {}
    body = []
    for name, line in zip(names, tape.lines, strict=True):
        args = [names[arg] for arg in line.args]
        if line.op in _INFIX and not fixed.issuperset(line.args):
            body.append(f"    {name} = {args[0]} {_INFIX[line.op]} {args[1]}")
        elif line.op == "neg":
            body.append(f"    {name} = -{args[0]}")
        elif line.op in OPERATIONS:
            function = _FUNCTION_NAMES.get(line.op, line.op)
            imported[function] = _apart(function, names)
            body.append(f"    {name} = {imported[function]}({', '.join(args)})")
    return body, imported


_TORCH = {
    "neg": "-{0}",
    "min": "torch.minimum({0}, {1})",
    "max": "torch.maximum({0}, {1})",
    "where": "torch.where({0} != 0, {1}, {2})",
    "cbrt": "torch.sign({0}) * torch.abs({0}) ** (1 / 3)",
    "softplus": "-torch.nn.functional.logsigmoid(-{0})",
    "silu": "torch.nn.functional.silu({0})",
    "gelu": "torch.nn.functional.gelu({0})",
    **{op: f"{{0}} {sign} {{1}}" for op, sign in _INFIX.items()},
    **{op: f"({{0}} {sign} {{1}}).double()" for op, sign in _COMPARISONS.items()},
}
"""What is not ``torch.<name>(...)``: torch has no cube root, and its softplus is cut off at 20."""


def as_torch(tape: Tape, point: Mapping[str, float]) -> str:
    """The same in torch, with one backward pass.

    Raises:
        InputError: if a variable has no number.
    """
    names = _python_names(tape, ["torch", "slopes", "float"])
    inline = _inline_constants(tape)
    code = ["import torch", ""]
    for index, line in enumerate(tape.lines):
        if line.op == "input":
            number = _coordinate(point, line.name)
            written = f"torch.tensor({number}, dtype=torch.float64, requires_grad=True)"
        elif line.op == "constant":
            written = f"torch.tensor({_literal(line.number)}, dtype=torch.float64)"
        else:
            template = _TORCH.get(line.op) or f"torch.{OPERATIONS[line.op].text}"
            written = template.format(*(inline.get(arg, names[arg]) for arg in line.args))
        if index not in inline:
            code.append(f"{names[index]} = {written}")
    live = _live_inputs(tape)
    slopes = (
        f'"{name}": {names[index]}.grad.item()' if index in live else f'"{name}": 0.0'
        for index, name in enumerate(tape.variables)
    )
    backward = [f"{names[tape.outputs[0]]}.backward()"] if live else []
    return "\n".join([*code, "", *backward, f"slopes = {{{', '.join(slopes)}}}", ""])


def _inline_constants(tape: Tape) -> dict[int, str]:
    """Constants that may stand as plain numbers: beside a tensor, in an infix operation."""
    plain = {
        index: _literal(line.number, inner=True)
        for index, line in enumerate(tape.lines)
        if line.op == "constant" and index not in tape.outputs
    }
    constant = set(plain)
    for line in tape.lines:
        if line.op not in _INFIX or constant.issuperset(line.args):
            for arg in line.args:
                plain.pop(arg, None)
    return plain


def _live_inputs(tape: Tape) -> set[int]:
    """Inputs from which a derivative flows to the first output."""
    fixed = constant_lines(tape)
    reached = {tape.outputs[0]} - fixed
    for index in range(tape.outputs[0], -1, -1):
        line = tape.lines[index]
        if index in reached:
            reached.update(set(line.args[1:] if line.op == "where" else line.args) - fixed)
    return {index for index in reached if tape.lines[index].op == "input"}


def _import(module: str, names: Mapping[str, str]) -> list[str]:
    """``from module import a, b as b_``, on as many lines as it needs."""
    if not names:
        return []
    listed = ", ".join(own if own == call else f"{own} as {call}" for own, call in names.items())
    line = f"from {module} import {listed}"
    return (
        [line] if len(line) <= _WIDTH else textwrap.wrap(f"from {module} import ({listed})", _WIDTH)
    )


def _python_names(tape: Tape, taken: Iterable[str]) -> list[str]:
    """A name for every line, unlike ``taken`` and each other; constants are c1, c2, ..."""
    used = set(taken)
    written = line_names(tape)
    constants = (f"c{count}" for count in itertools.count(1) if f"c{count}" not in written)
    names: list[str] = []
    for line, name in zip(tape.lines, written, strict=True):
        names.append(_apart(next(constants) if line.op == "constant" else name, used))
        used.add(names[-1])
        if not names[-1].isidentifier() or keyword.iskeyword(names[-1]):
            raise InputError(f"{name!r} is no name in Python code; rename this variable.")
    return names


def _apart(name: str, taken: Container[str]) -> str:
    """``name``, with underscores until it is none of ``taken``."""
    while name in taken:
        name += "_"
    return name


def _coordinate(point: Mapping[str, float], name: str | None) -> str:
    if name is None or name not in point:
        raise InputError(f"The point has no value for {name}.")
    return _literal(point[name])


def _literal(value: float, inner: bool = False) -> str:
    """A float as Python code; ``inner`` if it stands inside an expression."""
    written = repr(float(value))
    if written.strip("-") in ("inf", "nan"):
        return f'float("{written}")'
    return f"({written})" if inner and written.startswith("-") else written
