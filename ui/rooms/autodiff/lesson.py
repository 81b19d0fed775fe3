"""The guided tour: fourteen steps from a formula to tensors.

Steps 1 to 9 follow the order of the paper's released code; 10 to 14 are its natural completion.
"""

from __future__ import annotations

from collections.abc import Mapping

from ui.rooms.autodiff.controls import FUNCTION, MODE, PRESETS, TAB, preset_values
from ui.tour import Step

_PAPER = preset_values(*PRESETS[0][1:])


def _set(**changes: object) -> Mapping[str, object]:
    return {**_PAPER, TAB: "Traces", **changes}


STEPS = (
    Step(
        "a formula is a graph",
        "Every formula is made of **elementary operations**, each with one or two arguments. "
        "Because x2 is used twice, the picture is a graph and not a tree. Press play to see it "
        "built; type another formula whenever you like.",
        "ad_graph",
        _set(**{MODE: "Build"}),
    ),
    Step(
        "values come first",
        "The derivative of log(x1) is 1/x1, that of x1·x2 by x2 is x1: local derivatives **need "
        "the values**. The first table is the *primal trace*: each line once in symbols, once in "
        "numbers.",
        "ad_section",
        _set(**{MODE: "Build"}),
    ),
    Step(
        "the node",
        "A node keeps its **value**, its **parents** (what it was computed from), its "
        "**operator**, and later its **children** and local derivatives. Nothing else is needed.",
        "ad_graph",
        _set(**{MODE: "Build"}),
    ),
    Step(
        "wrapped operations",
        "A plain `mul(a, b)` returns a number and forgets. The wrapped one also **makes a node "
        "and remembers its parents**. Step through: the note lists what each call does.",
        "ad_graph",
        _set(**{MODE: "Build"}),
    ),
    Step(
        "children too",
        "The last line of each note registers the new node **as a child of its parents**: forward "
        "mode will walk downstream, from an input to everything that depends on it.",
        "ad_graph",
        _set(**{MODE: "Build"}),
    ),
    Step(
        "local derivatives are stored at once",
        "Each node shows its derivatives by its own parents (∂). They depend on the operation's "
        "rule and on the values that are known at that moment, so they are **stored when the node "
        "is made**.",
        "ad_graph",
        _set(**{MODE: "Build"}),
    ),
    Step(
        "the chain rule is a sum over parents",
        "∂v/∂x = Σ over parents p of (∂v/∂p)(∂p/∂x). Two paths lead from x1 to the result, so two "
        "products are added. Watch the line below the graph.",
        "ad_graph",
        _set(**{MODE: "Forward"}),
    ),
    Step(
        "why an order is needed",
        "A node may be computed only when **all its parents are finished**. A depth-first walk "
        "along the children finishes the nodes in exactly the reverse of such an order. Then look "
        "at *Shared node* with the naive order: it gives 6 where the answer is 4.",
        "ad_graph",
        _set(**{MODE: "Order"}),
    ),
    Step(
        "the forward sweep",
        "In topological order every derivative is a sum of **known** products: the *tangent "
        "trace*. Each line stands in the second table, in symbols and in numbers.",
        "ad_section",
        _set(**{MODE: "Forward"}),
    ),
    Step(
        "one sweep for each input",
        "Forward mode answers one question: what does **x1** do? For x2 it has to run again. The "
        "cost grows with the number of inputs; measure it here on this machine.",
        "ad_section",
        _set(**{TAB: "Cost"}),
    ),
    Step(
        "the reverse sweep",
        "Ask instead what the **result** feels of every node, and walk backwards: adjoints add up "
        "over the children. One sweep gives the derivative by **every** input at once.",
        "ad_graph",
        _set(**{MODE: "Reverse"}),
    ),
    Step(
        "rows and columns of the Jacobian",
        "With several outputs, one forward sweep gives a **column** of the Jacobian (a "
        "Jacobian-vector product), one reverse sweep a **row** (a vector-Jacobian product). Few "
        "inputs: go forward. Few outputs: go backwards.",
        "ad_section",
        {**_set(**{MODE: "Reverse", TAB: "Second order"}), FUNCTION: "x1*x2, x1 + sin(x2)"},
    ),
    Step(
        "derivatives of derivatives",
        "Run the reverse sweep on **dual numbers** and out comes a Hessian-vector product. Turn "
        "the direction and watch the quadratic model follow.",
        "ad_section",
        _set(**{TAB: "Second order"}),
    ),
    Step(
        "tensors, and a neuron that learns",
        "Replace numbers by arrays, undo broadcasting on the way back, and the same sweep "
        "**trains a network**. This is what torch does; here it is a few files you can read.",
        "ad_section",
        _set(**{TAB: "Tiny network"}),
    ),
)
