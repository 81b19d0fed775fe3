"""How long the sweeps take, with torch beside them in the same run.

    python -m benchmarks.autodiff_speed

CPU time on one thread, best of many repetitions (the machine may be shared); compare ratios, and
absolute figures only within one run. Three things are timed: the full cycle a page goes through
when the text changes, on the paper's example; the cost of a gradient in units of one evaluation,
on the ring Rosenbrock function of n inputs

    f(x) = sum over i of 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2,   x_{n+1} = x_1

and lines per second on graphs whose every line carries a derivative.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks import autodiff_torch
from benchmarks.autodiff_report import rounded, save
from engines.autodiff import adjoints, hessian, primal, tangents, trace
from engines.autodiff.operators import Value
from engines.common.expression import parse
from engines.common.tape import Tape, TapeBuilder

PAPER = "log(x1) + x1*x2 - sin(x2)"
AT = {"x1": 2.0, "x2": 5.0}
Job = Callable[[], Any]


def best_ms(jobs: dict[str, Job], rounds: int, repeat: int = 1) -> dict[str, float]:
    """CPU milliseconds of each job: the best of ``rounds``, in which they take turns."""
    best = dict.fromkeys(jobs, float("inf"))
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.process_time()
            for _ in range(repeat):
                job()
            best[name] = min(best[name], (time.process_time() - start) / repeat * 1e3)
    return best


def full_cycle(rounds: int) -> dict[str, Any]:
    """From the text to the Hessian, on the paper's example."""
    tape = parse(PAPER)
    values = primal(tape, AT)
    point = list(AT.values())

    def cycle() -> None:
        tape = parse(PAPER)
        values = primal(tape, AT)
        for name in tape.variables:
            tangents(tape, values, {name: 1.0})
        adjoints(tape, values)
        hessian(tape, AT)

    ours = {
        "parse": lambda: parse(PAPER),
        "primal": lambda: primal(tape, AT),
        "one_tangent_sweep": lambda: tangents(tape, values, {"x1": 1.0}),
        "adjoint_sweep": lambda: adjoints(tape, values),
        "hessian": lambda: hessian(tape, AT),
        "full_cycle": cycle,
        "while_dragging": lambda: adjoints(tape, primal(tape, AT)),
    }
    theirs = {
        "torch_gradient": lambda: autodiff_torch.gradient(tape, point),
        "torch_func_hessian": lambda: autodiff_torch.hessian(tape, point),
    }
    return {
        "cpu_ms": {
            **best_ms(ours, rounds, repeat=50),
            **best_ms(theirs, max(3, rounds // 10), repeat=5),
        }
    }


def ring_rosenbrock(n: int) -> tuple[Tape, dict[str, float]]:
    names = tuple(f"x{i + 1}" for i in range(n))

    def function(*x: Value) -> Value:
        terms = (100.0 * (x[(i + 1) % n] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2 for i in range(n))
        return sum(terms, start=next(terms))

    return trace(function, names), {name: 0.5 + i / n for i, name in enumerate(names)}


def sweeps(tape: Tape, point: dict[str, float], moving: Sequence[str]) -> dict[str, Job]:
    """One evaluation, one forward sweep along ``moving`` and one reverse sweep, to be timed."""
    values = primal(tape, point)
    seed = dict.fromkeys(moving, 1.0)
    return {
        "primal": lambda: primal(tape, point),
        "tangents": lambda: tangents(tape, values, seed),
        "adjoints": lambda: adjoints(tape, values),
    }


def cost_ratios(rounds: int) -> list[dict[str, float]]:
    """Time of a full gradient divided by the time of one evaluation, for growing n."""
    rows = []
    for n in (1, 4, 16, 64, 256):
        tape, point = ring_rosenbrock(n)
        times = best_ms(sweeps(tape, point, ["x1"]), rounds, repeat=max(1, 256 // n))
        rows.append(
            {
                "inputs": n,
                "lines": len(tape),
                "reverse": (times["primal"] + times["adjoints"]) / times["primal"],
                "forward": (times["primal"] + n * times["tangents"]) / times["primal"],
            }
        )
    return rows


def live_graph(lines: int, seed: int) -> tuple[Tape, dict[str, float]]:
    """A random graph in which every line carries a derivative that neither dies nor explodes."""
    rng = random.Random(seed)
    builder = TapeBuilder(("x1", "x2"), share=False)
    index = builder.apply("add", 0, 1)
    while len(builder) < lines:
        op = rng.choice(("sin", "cos", "tanh", "add", "sub", "mul", "div"))
        binary = op in ("add", "sub", "mul", "div")
        index = builder.apply(op, index, rng.randrange(2)) if binary else builder.apply(op, index)
    return builder.build([index]), {"x1": 0.9, "x2": 1.1}


def lines_per_second(tape: Tape, point: dict[str, float], rounds: int) -> dict[str, float]:
    leaves = autodiff_torch.leaves(list(point.values()))
    (result,) = autodiff_torch.run(tape, leaves)
    jobs: dict[str, Job] = {
        **sweeps(tape, point, tape.variables),
        "torch_forward": lambda: autodiff_torch.run(tape, leaves),
        "torch_backward": lambda: torch.autograd.grad(result, leaves, retain_graph=True),
    }
    times = best_ms(jobs, rounds)
    return {"lines": len(tape), **{name: len(tape) / ms * 1e3 for name, ms in times.items()}}


def measure(rounds: int, seed: int) -> dict[str, Any]:
    ring, random_graph = ring_rosenbrock(256), live_graph(10_000, seed)
    return {
        "paper_example": full_cycle(rounds),
        "gradient_over_primal": cost_ratios(rounds),
        "lines_per_second": {
            "ring_rosenbrock": lines_per_second(*ring, rounds),
            "random_live_graph": lines_per_second(*random_graph, max(3, rounds // 4)),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the sweeps, with torch beside them.")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=None)
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", message=".*torch.jit.script", category=DeprecationWarning)
    figures = rounded(measure(options.rounds, options.seed))
    print(json.dumps(figures, indent=2))
    print(save("autodiff_speed", options.seed, figures, options.output))


if __name__ == "__main__":
    main()
