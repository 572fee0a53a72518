"""What is said to people."""


def is_sentence(text: str) -> bool:
    """Whatever its words are: they may change without a test."""
    return text[:1].isupper() and text.endswith(".") and not text.isupper()
