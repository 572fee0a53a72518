"""`sam build`, then byte code: what is deployed must not be compiled again at every cold start."""

import fcntl
import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from samcli import yamlhelper

from local import commands
from local.places import ROOT, StackError, tools, write_whole

PRODUCTION_FOLDER = ROOT / ".aws-sam" / "build"
LOCAL_FOLDER = ROOT / ".local" / "build"
_SOURCES = ("template.yaml", "functions", "layers")
_UNFINISHED = "being built"


def local_parameters() -> dict[str, str]:
    """MiniStack's Lambdas run on this machine by the Python that runs us."""
    version = sys.version_info
    return {
        "PythonRuntime": f"python{version.major}.{version.minor}",
        "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
    }


def build_for_production() -> Path:
    """With the template's defaults. Returns the built template."""
    return _build(PRODUCTION_FOLDER, {}, sys.stdout)


def build_for_here(log: IO[str]) -> tuple[Path, bool]:
    """Returns the built template and whether anything had to be built: stacks share one build."""
    stamp = LOCAL_FOLDER / "inputs"
    wanted = sources_hash(local_parameters())
    last = stamp.read_text() if stamp.exists() else ""
    if last == wanted:
        return LOCAL_FOLDER / "template.yaml", False
    if last == _UNFINISHED:
        shutil.rmtree(_cache_of(LOCAL_FOLDER), ignore_errors=True)
    LOCAL_FOLDER.mkdir(exist_ok=True)
    write_whole(stamp, _UNFINISHED)
    template = _build(LOCAL_FOLDER, local_parameters(), log)
    write_whole(stamp, wanted)
    return template, True


@contextmanager
def one_at_a_time() -> Generator[None]:
    """`make run` and `make test` may start together: a build stays as it is until it is deployed."""
    LOCAL_FOLDER.parent.mkdir(exist_ok=True)
    with LOCAL_FOLDER.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        os.set_inheritable(file.fileno(), True)  # a sam that outlives us, should we be killed, still holds it
        yield


def sources_hash(parameters: dict[str, str]) -> str:
    """Changes when the code, the template or the parameters do."""
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode())
    for source in _SOURCES:
        path = ROOT / source
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(ROOT)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _build(folder: Path, parameters: dict[str, str], log: IO[str]) -> Path:
    overrides = [f"{name}={value}" for name, value in parameters.items()]
    sam = ["sam", "build", "--template-file", str(ROOT / "template.yaml"), "--build-dir", str(folder)]
    sam += ["--cached", "--cache-dir", str(_cache_of(folder))]
    if overrides:
        sam += ["--parameter-overrides", *overrides]
    _run(sam, log, "sam build failed")
    python = parameters.get("PythonRuntime") or _default_runtime()
    compile_all = [python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(folder)]
    _run(compile_all, log, f"{python} could not compile the built code")
    return folder / "template.yaml"


def _cache_of(folder: Path) -> Path:
    return folder.with_name("build-cache")


def _default_runtime() -> str:
    """Byte code is of one Python version: that of the template's default runtime."""
    template = cast("Any", yamlhelper).yaml_parse((ROOT / "template.yaml").read_text())
    return template["Parameters"]["PythonRuntime"]["Default"]


def _run(command: list[str], log: IO[str], complaint: str) -> None:
    try:
        done = commands.run(command, os.environ | tools(), log)
    except FileNotFoundError:
        raise StackError(f"{command[0]} is not installed: 'make venv' makes what is needed.") from None
    if not done:
        where = "above" if log is sys.stdout else log.name
        raise StackError(f"{complaint}: see {where}, correct what it says and try again.")
