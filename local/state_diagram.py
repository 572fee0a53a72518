"""Puts the picture of a deal's life into the README, from the table of transitions: `make states`. A test holds it."""

from dealreg.deals.rules import TERMINAL, TRANSITIONS, Status
from local.places import ROOT

README = ROOT / "README.md"
BEGIN, END = "<!-- states -->\n", "\n<!-- /states -->"


def mermaid() -> str:
    """A state diagram that GitHub draws."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {Status.SUBMITTED}"]
    for status, following in TRANSITIONS.items():
        lines += [f"    {status} --> {then}" for then in Status if then in following]
    lines += [f"    {status} --> [*]" for status in Status if status in TERMINAL]
    return "\n".join([*lines, "```"])


def in_readme(readme: str) -> str:
    """The README with the picture between its marks."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = ("\n" + rest).partition(END)
    return before + begin + mermaid() + end + after


if __name__ == "__main__":
    README.write_text(in_readme(README.read_text("utf-8")), "utf-8")
