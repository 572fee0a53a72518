"""What Dealreg costs and how well it does. Runs from the repository's root, and finds the code from there."""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [path for path in (str(_ROOT / "functions"), str(_ROOT / "layers/dealreg")) if path not in sys.path]
