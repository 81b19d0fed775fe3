"""Every figure a page quotes is in a stored result."""

from ui.evidence import RESULTS
from ui.rooms.autodiff.evidence import CLAIMS, claim


def test_every_claim_has_a_measured_figure() -> None:
    for row in CLAIMS:
        assert (RESULTS / f"{row[2]}.json").is_file()
        shown = claim(*row)
        assert shown["measured here"][0].isdigit(), shown
