"""Automatic differentiation: forward and reverse mode, any order, on typed or Python functions.

The subject of *A Step-by-step Introduction to the Implementation of Automatic Differentiation*
(Y.-H. Fang, H.-Z. Lin, J.-J. Liu, C.-J. Lin, arXiv 2402.16020). Its steps, as its released code
takes them, and where they are here::

    function -> elementary operations        trace, engines.common.tape.Tape
    Node, wrapped operations, children       engines.autodiff.teaching
    local partials of each operation         engines.autodiff.rules.RULES
    topological order                        the order of the tape's lines
    forward sweep                            tangents, jvp
    the printed trace                        forward_trace

and what that code leaves out: reverse mode (``adjoints``, ``vjp``, ``reverse_trace``), the
gradient by all inputs at once (``gradient``), higher orders (``hvp``, ``hessian``,
``derivative``, ``derivative_of``), overloaded operators (:mod:`engines.autodiff.operators`) and
arrays (:mod:`engines.autodiff.tensors`).

>>> gradient("log(x1) + x1*x2 - sin(x2)", {"x1": 2.0, "x2": 5.0})
{'x1': 5.5, 'x2': 1.7163378145367738}
>>> from engines.autodiff.operators import log, sin
>>> hessian(lambda x1, x2: log(x1) + x1 * x2 - sin(x2), {"x1": 2.0, "x2": 5.0}).shape
(2, 2)

Numbers are float64 with IEEE results (inf, nan) instead of exceptions. At kinks and poles the
derivatives are torch's; :mod:`engines.autodiff.rules` lists the conventions.
"""

from engines.autodiff.dual import derivative_of
from engines.autodiff.modes import (
    derivative,
    evaluate,
    gradient,
    hessian,
    hvp,
    jacobian,
    jvp,
    vjp,
)
from engines.autodiff.steps import ForwardStep, ReverseStep, forward_trace, reverse_trace
from engines.autodiff.sweeps import adjoints, primal, tangents
from engines.autodiff.tracing import trace

__all__ = [
    "ForwardStep",
    "ReverseStep",
    "adjoints",
    "derivative",
    "derivative_of",
    "evaluate",
    "forward_trace",
    "gradient",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "primal",
    "reverse_trace",
    "tangents",
    "trace",
    "vjp",
]
