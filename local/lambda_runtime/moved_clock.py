"""How far the clock of the local stack is moved, for processes that are told the file in their environment.

The file is read at every call: a warm process learns at once that the clock was moved. Nobody moved it: no file.
"""

import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

FILE = "DEALREG_CLOCK_FILE"
_TIMES = "dealreg.platform.times"


def offset() -> timedelta:
    return offset_in(Path(os.environ.get(FILE, "/nowhere")))


def offset_in(file: Path) -> timedelta:
    try:
        return timedelta(seconds=float(file.read_text()))
    except FileNotFoundError:
        return timedelta()


class MovedTimes(MetaPathFinder):
    """Lets the product's one clock go by the offset, as its module is loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _TIMES:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec and spec.loader:
            load = spec.loader.exec_module

            def load_and_move(module: ModuleType) -> None:
                load(module)
                unmoved: Callable[[], datetime] = module.now
                vars(module)["now"] = lambda: unmoved() + offset()

            spec.loader.exec_module = load_and_move
        return spec
