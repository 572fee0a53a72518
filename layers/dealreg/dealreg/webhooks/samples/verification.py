"""What a receiver copies to verify what it gets: one file each in five languages, tested like our own code."""

from pathlib import Path

_FILES = {"python": "verify.py", "node": "verify.mjs", "go": "verify.go", "ruby": "verify.rb", "php": "verify.php"}


def snippets() -> dict[str, str]:
    folder = Path(__file__).parent / "snippets"
    return {language: (folder / name).read_text("utf-8") for language, name in _FILES.items()}
