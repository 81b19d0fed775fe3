"""The two short cuts go wrong where they should, and only there."""

import random

import pytest

from engines.autodiff.modes import gradient
from engines.autodiff.teaching import Graph, build, forward, reverse
from engines.autodiff.teaching_naive import naive_forward, naive_reverse
from engines.common.expression import parse
from engines.common.tape import TapeBuilder

SLOPES = {"x1": 5.5, "x2": 1.7163378145367738}


def paper_graph() -> Graph:
    return build(parse("log(x1) + x1*x2 - sin(x2)"), {"x1": 2.0, "x2": 5.0})


def random_graph(seed: int) -> Graph:
    """A few sums, products and sines of any earlier lines."""
    rng = random.Random(seed)
    builder = TapeBuilder(("x", "y"))
    for _ in range(8):
        op = rng.choice(["add", "mul", "sin"])
        args = [rng.randrange(len(builder)) for _ in range(1 if op == "sin" else 2)]
        builder.apply(op, *args)
    return build(builder.build([len(builder) - 1]), {"x": 0.3, "y": 0.7})


def final(steps):
    return {step.node: step.value for step in steps}


def test_plain_recursion_on_the_doubled_double():
    """The counter-example asked about again and again: 6, not 4."""
    graph = build(parse("b = a + a; c = b + b; c"), {"a": 1.0})
    steps = list(naive_reverse(graph))
    totals = [(graph.nodes[step.node].name, step.value) for step in steps]
    assert totals == [
        ("c", 1.0),
        ("b", 1.0),
        ("a", 1.0),
        ("a", 2.0),
        ("b", 2.0),
        ("a", 4.0),
        ("a", 6.0),
    ]
    assert steps[-1].numbers == "4 + (2)(1) = 6"
    assert final(reverse(graph))[0] == 4.0


def test_plain_recursion_is_right_on_the_paper_example():
    """No inner node is used twice there, which is why the mistake goes unnoticed."""
    found = final(naive_reverse(paper_graph()))
    assert found[0] == 5.5
    assert found[1] == pytest.approx(SLOPES["x2"], rel=1e-15)


def test_plain_recursion_is_what_recursion_does():
    for seed in range(20):
        graph = random_graph(seed)
        totals = {graph.nodes[-1]: 1.0}

        def visit(node, totals=totals):
            for parent, local in zip(node.parent_nodes, node.grad_wrt_parents, strict=True):
                totals[parent] = totals.get(parent, 0.0) + totals[node] * local
                visit(parent)

        visit(graph.nodes[-1])
        expected = {graph.index[node]: total for node, total in totals.items()}
        assert final(naive_reverse(graph)) == expected


def test_exponential_work_is_cut_off():
    text = "a0 = x + x; " + "; ".join(f"a{i} = a{i - 1} + a{i - 1}" for i in range(1, 40))
    graph = build(parse(text), {"x": 1.0})
    steps = list(naive_reverse(graph, limit=500))
    assert len(steps) == 502
    assert steps[-1].kind == "stopped"
    assert final(reverse(graph))[0] == 2.0**40


@pytest.mark.parametrize("order", ["depth", "breadth"])
def test_first_come_order(order):
    graph = build(parse("x + sin(sin(x))"), {"x": 1.0})
    right = final(forward(graph, "x"))
    steps = list(naive_forward(graph, "x", order))
    assert sorted(step.node for step in steps) == sorted(right)
    wrong = final(steps)
    late = [step for step in steps if step.unready]
    assert (wrong == right) == (not late)


def test_first_come_order_on_the_paper_example():
    graph = paper_graph()
    steps = list(naive_forward(graph, "x1"))
    assert final(steps)[6] == 0.5
    assert [(step.node, step.unready) for step in steps if step.unready] == [(4, (3,))]
    assert steps[2].numbers == "(1)(0.5) + (1)(0) = 0.5"


def test_breadth_first_fails_where_paths_differ_in_length():
    graph = build(parse("sin(sin(x))*x"), {"x": 1.0})
    wrong = final(naive_forward(graph, "x", "breadth"))[graph.outputs[0]]
    assert wrong != gradient("sin(sin(x))*x", {"x": 1.0})["x"]


def test_nodes_are_left_as_they_were():
    graph = paper_graph()
    list(forward(graph, "x1"))
    before = [node.partial_derivative for node in graph.nodes]
    list(naive_forward(graph, "x2"))
    list(naive_reverse(graph))
    assert [node.partial_derivative for node in graph.nodes] == before
