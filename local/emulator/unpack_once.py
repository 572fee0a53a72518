"""MiniStack unpacks code and layers for every Lambda process, thousands of files each time: here, once for all."""

# pyright: basic, reportMissingImports=false

import hashlib
import shutil
import tempfile
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.core import lambda_runtime

_UNPACKED = Path(tempfile.gettempdir()) / "unpacked"


def share_unpacked_code() -> None:
    _UNPACKED.mkdir(parents=True, exist_ok=True)
    names = {name: getattr(zipfile, name) for name in zipfile.__all__}
    lambda_runtime.zipfile = SimpleNamespace(**names | {"ZipFile": _LinkedZipFile})


class _LinkedZipFile(zipfile.ZipFile):
    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
        """Makes `path`, an empty folder, a link to the one unpacked copy; Lambda's code is read-only on AWS too."""
        contents = sorted((file.filename, file.CRC) for file in self.infolist())
        kept = _UNPACKED / hashlib.sha256(repr(contents).encode()).hexdigest()
        if not kept.exists():
            fresh = Path(tempfile.mkdtemp(dir=_UNPACKED))
            super().extractall(fresh, members, pwd)
            try:
                fresh.rename(kept)
            except OSError:  # another process of the function was quicker
                shutil.rmtree(fresh)
        folder = Path(path)
        folder.rmdir()
        folder.symlink_to(kept)
