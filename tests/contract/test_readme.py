"""What the README shows of the code is what the code says."""

from local.state_diagram import README, in_readme


def test_the_picture_of_the_states_is_the_table_of_transitions() -> None:
    readme = README.read_text("utf-8")
    assert in_readme(readme) == readme, "run 'make states'"
    assert "in_review --> approved" in readme
