"""The rooms that are built, in the order of the navigation; adding one here makes it appear.

A room ``xyz`` is a page ``pages/xyz.py``, a package ``ui/rooms/xyz/`` with its sections, and in it
``thumbnail.py``, whose ``show()`` draws the live picture of its card on the home page.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Room:
    """A room of the suite.

    Attributes:
        page: file name in ``pages/`` without ``.py``, also the address.
        title: shown in the navigation.
        group: the navigation group.
        icon: a Material icon.
        question: the one question the room answers.
        paper: title, authors and identifier of the paper.
    """

    page: str
    title: str
    group: str
    icon: str
    question: str
    paper: str


ROOMS: tuple[Room, ...] = (
    Room(
        page="equations",
        title="Equation discovery",
        group="Discover",
        icon=":material/function:",
        question="Which equation made these numbers?",
        paper=(
            "Discovering Mathematical Equations with Diffusion Language Model. Han et al. "
            "arXiv 2509.13136"
        ),
    ),
    Room(
        page="autodiff",
        title="Automatic differentiation",
        group="Foundations",
        icon=":material/account_tree:",
        question="How does a program get exact derivatives of itself, one operation at a time?",
        paper=(
            "A Step-by-step Introduction to the Implementation of Automatic Differentiation. "
            "Fang, Lin, Liu, Lin. arXiv 2402.16020"
        ),
    ),
)


def room(page: str) -> Room:
    """The room whose page is ``page``."""
    return next(candidate for candidate in ROOMS if candidate.page == page)
