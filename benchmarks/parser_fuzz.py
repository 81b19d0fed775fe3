"""Does the formula reader ever do anything but read? A fuzz run with an audit hook.

Every input must give a tape of known operations or a ParseError whose position lies in the text;
no audit event but ``compile`` (which is what ``ast.parse`` raises) may occur while it is read; and
whatever is read must evaluate. Half-broken formulas come from a seeded mutator, stranger texts
from Hypothesis.

    python -m benchmarks.parser_fuzz              # 130,000 inputs -> benchmarks/results/
    python -m benchmarks.parser_fuzz --inputs 5000 --output /tmp/fuzz.json
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engines.autodiff.sweeps import primal
from engines.common.errors import ParseError
from engines.common.expression import parse
from engines.common.notation import to_latex, to_text
from engines.common.operations import FUNCTIONS, OPERATIONS
from engines.common.tape import Tape

RESULTS = Path(__file__).parent / "results" / "parser_fuzz.json"
SEEDS = (
    "log(x1) + x1*x2 - sin(x2)",
    "(1 - x)^2 + 100*(y - x^2)^2",
    "where(x > 0, sqrt(x), 0)",
    "a = x + x; b = a + a; b^2, a/b",
    "max(min(x, 2), -1.5e-3)**(1/3)",
    "exp(-x^2/2)/sqrt(2*pi) >= 0.1",
    "x.__class__.__mro__[1].__subclasses__()",
    "__import__('os').system('id')",
    "(lambda: 9**9**9**9)()",
    "[f'{x!r}' for x in (y := z)]",
)
PIECES = (
    *"+-*/^(),;=<>.!_ \t\n0123456789xyze\\\"'[]{}:%&|~@#$`\x00",
    *("**", "==", "!=", "<=", "//", ":=", "->", "...", "1e308", "1e-308", "9" * 40, "0x1f", "1j"),
    *(
        "lambda",
        "import",
        " if ",
        " else ",
        " for ",
        " in ",
        " is ",
        "not ",
        "None",
        "True",
        "await ",
    ),
    *("__class__", "__import__", "x.__", "f'{", "\uff45", "\u0455", "\u2212", "\u202e", "\ud800"),
    *(f"{name}(" for name in FUNCTIONS),
    *("+x", "*y", "-2", "/x1", "^2", " > 0", "*sin(x)", "+max(x, y)", "; x*y", ", x") * 8,
    *("((((((((((", "))))))))))", "----------", "^^^^^^^^^^", "x^x^x^x^x^", "1,1,1,1,1,"),
)


@dataclass
class Report:
    """What a run saw.

    Attributes:
        inputs, read, refused: how many texts, formulas and ParseErrors.
        failures: texts that broke a rule, with what happened (at most 20 are kept).
        events: names of the audit events that occurred while a text was read.
        worst_parse_ms, worst_evaluate_ms: CPU time of the slowest text, garbage collector off.
        slowest: the text that took longest to read.
    """

    inputs: int = 0
    read: int = 0
    refused: int = 0
    failed: int = 0
    failures: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    worst_parse_ms: float = 0.0
    worst_evaluate_ms: float = 0.0
    slowest: str = ""


class Fuzzer:
    """Reads texts under an audit hook and keeps a :class:`Report`."""

    def __init__(self, seed: int) -> None:
        self.report = Report()
        self._rng = random.Random(seed)
        self._events: set[str] = set()
        self._reading = False
        sys.addaudithook(self._hook)

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if self._reading:
            self._events.add(event)

    def check(self, text: str) -> None:
        """Read one text, and note in the report what came of it."""
        self.report.inputs += 1
        try:
            tape = self._read(text)
            if tape is not None:
                self._use(tape)
        except Exception as error:
            self.report.failed += 1
            if len(self.report.failures) < 20:
                self.report.failures.append(f"{text!r}: {error!r}")
        self.report.events = sorted(self._events)

    def _read(self, text: str) -> Tape | None:
        start = time.process_time()
        self._reading = True
        try:
            return parse(text)
        except ParseError as error:
            self.report.refused += 1
            assert 0 <= error.position <= len(text), "position"
            assert len(error.pointer().split("\n")) == 2, "pointer"
            return None
        finally:
            self._reading = False
            spent = (time.process_time() - start) * 1e3
            if spent > self.report.worst_parse_ms:
                self.report.worst_parse_ms, self.report.slowest = spent, text[:200]

    def _use(self, tape: Tape) -> None:
        self.report.read += 1
        assert {line.op for line in tape.lines} <= {*OPERATIONS, "input", "constant"}, "operation"
        point = {name: self._rng.gauss(0.0, 3.0) for name in tape.variables}
        start = time.process_time()
        values = primal(tape, point)
        spent = (time.process_time() - start) * 1e3
        self.report.worst_evaluate_ms = max(self.report.worst_evaluate_ms, spent)
        assert all(type(value) is float for value in values), "a value that is no float"
        to_latex(tape)
        to_text(tape)


def mutants(count: int, seed: int) -> Iterator[str]:
    """Seeds with a few pieces put in, taken out, doubled or spliced."""
    rng = random.Random(seed)
    for _ in range(count):
        text = rng.choice(SEEDS)
        for _ in range(rng.randint(1, 4)):
            a, b = sorted(rng.randint(0, len(text)) for _ in range(2))
            change = rng.randrange(4)
            if change == 0:
                text = text[:a] + rng.choice(PIECES) * rng.choice((1, 1, 1, 2, 30)) + text[a:]
            elif change == 1:
                text = text[:a] + text[min(b, a + 3) :]
            elif change == 2:
                text = text[:b] + text[a:b] * rng.choice((1, 1, 5)) + text[b:]
            else:
                other = rng.choice(SEEDS)
                text = text[:a] + other[rng.randint(0, len(other)) :]
        yield text[:2500]


def strange_texts(fuzzer: Fuzzer, count: int, seed: int) -> None:
    """Free text and token soup from Hypothesis."""

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES)).map("".join)))
    def run(text: str) -> None:
        fuzzer.check(text)

    run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=130_000)
    parser.add_argument("--seed", type=int, default=20240225)
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    fuzzer = Fuzzer(options.seed)
    for text in SEEDS:  # warm caches and lazy imports are not what is measured
        fuzzer.check(text)
    fuzzer.report = Report()
    start = time.process_time()
    gc.disable()
    strange = options.inputs // 4
    strange_texts(fuzzer, strange, options.seed)
    gc.collect()
    for text in mutants(options.inputs - strange, options.seed):
        fuzzer.check(text)
    result = {
        **asdict(fuzzer.report),
        "cpu_seconds": round(time.process_time() - start, 1),
        "seed": options.seed,
        "python": platform.python_version(),
        "hypothesis": hypothesis.__version__,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
