"""The paper's own path: its printed trace, its order, and the sweeps that go wrong."""

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.autodiff import teaching
from engines.autodiff.sweeps import adjoints, constant_lines, primal, tangents
from engines.autodiff.teaching import (
    Graph,
    Node,
    build,
    build_steps,
    forward,
    order_steps,
    reverse,
    topological_order,
    wrap,
)
from engines.common.errors import InputError
from engines.common.expression import parse
from engines.common.operations import OPERATIONS
from engines.common.tape import Tape, TapeBuilder

PAPER = "log(x1) + x1*x2 - sin(x2)"
AT = {"x1": 2.0, "x2": 5.0}
SLOPES = {"x1": 5.5, "x2": 1.7163378145367738}


def paper_graph() -> Graph:
    return build(parse(PAPER), AT)


def chain(length: int) -> Tape:
    """``x + 1 + 1 + ...``: one line for each step."""
    builder = TapeBuilder(("x",), share=False)
    last = 0
    for _ in range(length):
        last = builder.apply("sin", last)
    return builder.build([last])


def final(steps):
    return {step.node: step.value for step in steps}


class TestBuild:
    def test_paper_trace(self):
        """The seven lines that the paper's code prints while it evaluates (Table 2, left)."""
        lines = [(step.symbols, step.numbers) for step in build_steps(paper_graph())]
        assert lines == [
            ("x1", "2"),
            ("x2", "5"),
            ("v1 = log(x1)", "log(2) = 0.693"),
            ("v2 = x1*x2", "2*5 = 10"),
            ("v3 = v1 + v2", "0.693 + 10 = 10.693"),
            ("v4 = sin(x2)", "sin(5) = -0.959"),
            ("v5 = v3 - v4", "10.693 - (-0.959) = 11.652"),
        ]

    def test_five_actions(self):
        product = list(build_steps(paper_graph()))[3]
        assert product.actions == (
            "value = 2*5 = 10",
            "parent_nodes = [x1, x2]",
            'v2 = Node(10, [x1, x2], "mul")',
            "v2.grad_wrt_parents = [5, 2]",
            "x1.child_nodes.append(v2); x2.child_nodes.append(v2)",
        )
        assert product.partials == (5.0, 2.0)
        assert product.edges == ((0, 3), (1, 3))

    def test_nodes_are_the_lines_of_the_tape(self):
        tape = parse("where(x > 0, max(x, 2)^y, exp(-x)) + 3*pi")
        graph = build(tape, {"x": 1.5, "y": 0.5})
        assert [node.operator for node in graph.nodes] == [line.op for line in tape.lines]
        for index, line in enumerate(tape.lines):
            assert [graph.index[p] for p in graph.nodes[index].parent_nodes] == list(line.args)
            for child in graph.nodes[index].child_nodes:
                assert graph.nodes[index] in child.parent_nodes

    def test_children_are_counted_once_for_each_use(self):
        graph = build(parse("a + a"), {"a": 1.0})
        a, b = graph.nodes
        assert a.child_nodes == [b, b]

    def test_by_hand(self):
        """As in the paper's example script, without a tape."""
        x1, x2 = Node(2), Node(5)
        v1 = teaching.log(x1)
        v2 = teaching.mul(x1, x2)
        v3 = teaching.add(v1, v2)
        v4 = teaching.sin(x2)
        y = teaching.sub(v3, v4)
        graph = Graph((x1, x2, v1, v2, v3, v4, y), outputs=(6,))
        assert [node.name for node in graph.nodes] == ["x1", "x2", "v1", "v2", "v3", "v4", "v5"]
        assert y.value == pytest.approx(11.652071455223084, rel=1e-15)
        assert final(forward(graph, "x1"))[6] == 5.5

    def test_two_graphs_share_no_counter(self):
        names = [[node.name for node in paper_graph().nodes] for _ in range(2)]
        assert names[0] == names[1]

    def test_every_operation_can_be_wrapped(self):
        for name, operation in OPERATIONS.items():
            node = wrap(name)(*(Node(0.5 + place) for place in range(operation.arity)))
            assert node.operator == name
            assert len(node.grad_wrt_parents) == operation.arity

    def test_errors(self):
        with pytest.raises(InputError, match="x2"):
            build(parse(PAPER), {"x1": 1.0})
        with pytest.raises(InputError, match="no operation"):
            wrap("system")
        with pytest.raises(InputError, match="2 nodes, not 1"):
            teaching.add(Node(1.0))
        with pytest.raises(InputError, match=r"x3.*x1, x2"):
            paper_graph().input("x3")
        with pytest.raises(InputError, match="outputs 0 to 0"):
            list(reverse(paper_graph(), 1))


class TestOrder:
    def test_events_of_the_paper_example(self):
        graph = paper_graph()
        events = [
            (step.event, graph.nodes[step.node].name, step.depth)
            for step in order_steps(graph, graph.input("x1"))
        ]
        assert events == [
            ("enter", "x1", 1),
            ("enter", "v1", 2),
            ("enter", "v3", 3),
            ("enter", "v5", 4),
            ("finish", "v5", 4),
            ("finish", "v3", 3),
            ("finish", "v1", 2),
            ("enter", "v2", 2),
            ("skip", "v3", 2),
            ("finish", "v2", 2),
            ("finish", "x1", 1),
        ]

    def test_order_of_the_paper_code(self):
        graph = paper_graph()
        order = topological_order(graph, graph.input("x1"))
        assert [node.name for node in order] == ["x1", "v2", "v1", "v3", "v5"]

    @pytest.mark.parametrize("along", ["children", "parents"])
    def test_parents_come_first_on_random_graphs(self, along):
        for seed in range(30):
            graph = random_graph(seed)
            order = topological_order(graph, graph.nodes[0 if along == "children" else -1], along)
            place = {node: position for position, node in enumerate(order)}
            for node in order:
                before = node.parent_nodes if along == "children" else node.child_nodes
                assert all(place[other] < place[node] for other in before if other in place)


def random_graph(seed: int) -> Graph:
    tape = random_tape(seed)
    return build(tape, {name: 0.3 + 0.4 * index for index, name in enumerate(tape.variables)})


def random_tape(seed: int, size: int = 25) -> Tape:
    """Any operations on any earlier lines."""
    rng = random.Random(seed)
    builder = TapeBuilder(("x", "y", "z"))
    for _ in range(size):
        name = rng.choice(list(OPERATIONS))
        args = [rng.randrange(len(builder)) for _ in range(OPERATIONS[name].arity)]
        builder.apply(name, *args)
    return builder.build([len(builder) - 1])


class TestForward:
    def test_paper_trace_by_x1(self):
        """The released code's print-out; its readme has other numbers in two of these lines."""
        steps = list(forward(paper_graph(), "x1"))
        assert [(step.symbols, step.numbers) for step in steps] == [
            ("dx1/dx1", "1"),
            ("dv2/dx1 = (dv2/dx1)(dx1/dx1) + (dv2/dx2)(dx2/dx1)", "(5)(1) + (2)(0) = 5"),
            ("dv1/dx1 = (dv1/dx1)(dx1/dx1)", "(0.5)(1) = 0.5"),
            ("dv3/dx1 = (dv3/dv1)(dv1/dx1) + (dv3/dv2)(dv2/dx1)", "(1)(0.5) + (1)(5) = 5.5"),
            ("dv5/dx1 = (dv5/dv3)(dv3/dx1) + (dv5/dv4)(dv4/dx1)", "(1)(5.5) + (-1)(0) = 5.5"),
        ]
        assert steps[3].edges == ((2, 4), (3, 4))

    def test_repeated_and_interleaved_sweeps(self):
        """The released code says 7.216 for the second of these."""
        graph = paper_graph()
        for name in ("x1", "x2", "x1", "x2"):
            assert final(forward(graph, name))[6] == SLOPES[name]
            assert graph.nodes[6].partial_derivative == SLOPES[name]
        both = itertools.zip_longest(forward(graph, "x1"), forward(graph, "x2"))
        first, second = zip(*both, strict=True)
        assert final(step for step in first if step)[6] == SLOPES["x1"]
        assert final(step for step in second if step)[6] == SLOPES["x2"]

    def test_nothing_stale_where_the_input_does_not_reach(self):
        graph = build(parse("x*x, y"), {"x": 3.0, "y": 1.0})
        list(forward(graph, "x"))
        list(forward(graph, "y"))
        assert [node.partial_derivative for node in graph.nodes] == [0.0, 1.0, 0.0]

    def test_unused_variable_and_constant_function(self):
        graph = build(parse("x + 2*3", variables=("x", "y")), {"x": 1.0, "y": 1.0})
        assert final(forward(graph, "y")) == {1: 1.0}
        assert graph.nodes[graph.outputs[0]].partial_derivative == 0.0
        constant = build(parse("2*3"), {})
        with pytest.raises(InputError, match="constant"):
            list(forward(constant, "x"))

    def test_long_chain(self):
        length = 100_000
        graph = build(chain(length), {"x": 0.5})
        steps = list(forward(graph, "x"))
        assert len(steps) == length + 1
        assert steps[-1].value == pytest.approx(final(reverse(graph))[0], rel=1e-10)


class TestReverse:
    def test_paper_adjoints(self):
        """Baydin et al. (2018), Table 3, right."""
        graph = paper_graph()
        steps = list(reverse(graph))
        named = {graph.nodes[step.node].name: step.value for step in steps}
        assert named == {"v5": 1, "v4": -1, "v3": 1, "v2": 1, "v1": 1, **SLOPES}
        last = steps[-1]
        assert last.symbols == "dv5/dx1 = (dv5/dv1)(dv1/dx1) + (dv5/dv2)(dv2/dx1)"
        assert last.numbers == "(1)(0.5) + (1)(5) = 5.5"

    def test_second_output(self):
        graph = build(parse("x*y, x + y"), {"x": 2.0, "y": 5.0})
        assert [final(reverse(graph, k))[0] for k in (0, 1)] == [5.0, 1.0]

    def test_shared_twice(self):
        graph = build(parse("b = a + a; c = b + b; c"), {"a": 1.0})
        assert final(reverse(graph)) == {2: 1.0, 1: 2.0, 0: 4.0}


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 10**9))
def test_sweeps_equal_the_engine(seed):
    """Line by line, on random graphs, wherever the numbers are finite.

    Tolerance: both multiply the same factors, but the engine fuses a partial and its factor, so
    each of up to 25 lines may differ by a few roundings, amplified by cancellation in the sums.
    """
    tape = random_tape(seed, 15)
    point = {"x": 0.3, "y": 0.7, "z": 1.1}
    graph, values = build(tape, point), primal(tape, point)
    same_numbers(dict(enumerate(values)), {i: n.value for i, n in enumerate(graph.nodes)}, 0.0)
    if not all(math.isfinite(p) for node in graph.nodes for p in node.grad_wrt_parents):
        return
    for name in tape.variables:
        same_numbers(
            dict(enumerate(tangents(tape, values, {name: 1.0}))), final(forward(graph, name))
        )
    fixed = constant_lines(tape)  # no adjoints are kept for these by the engine
    found = {node: value for node, value in final(reverse(graph)).items() if node not in fixed}
    same_numbers(dict(enumerate(adjoints(tape, values))), found)


def same_numbers(expected, found, tolerance=1e-9):
    scale = max((abs(value) for value in expected.values() if math.isfinite(value)), default=1.0)
    for node, value in found.items():
        same = expected[node] == value or (math.isnan(value) and math.isnan(expected[node]))
        assert same or abs(value - expected[node]) <= tolerance * max(scale, 1.0)
