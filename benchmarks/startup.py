"""What a cold start costs: each function as it is built, imported in fresh processes, its DynamoDB client made.

The baseline is `import boto3; boto3.client("dynamodb")` alone. It runs before each function's turn, and the turns come
in a new order every round, so that whatever else the machine does falls on all alike. Ratios are those of the medians;
the one of processor time is steadier where other programs run.
"""

import os
import platform
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.report import table
from local.build import build_for_here
from local.functions import fixed_variables, handlers
from local.places import ROOT

PYTHON = ROOT / ".venv-lambda" / "bin" / "python"
"""As in Lambda's runtime there is boto3, and none of our packages."""
BASELINE = 'boto3.client("dynamodb") alone'
HOT = "DealsApi"
LIMITS = (1.25, 500, 25)

_BEFORE = "import time; start, cpu_start = time.perf_counter(), time.process_time()\n"
_AFTER = """
seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
import os, sys
print(seconds * 1000, cpu_seconds * 1000, len(sys.modules), flush=True)
os._exit(0)
"""
_CLIENT = """
import sys
if "dealreg.platform.aws" in sys.modules:
    sys.modules["dealreg.platform.aws"].client("dynamodb")
"""


@dataclass(frozen=True)
class Program:
    name: str
    code: str
    path: tuple[Path, ...] = ()

    @property
    def megabytes(self) -> float:
        """Unzipped, as the Lambda's limit counts."""
        files = (file for folder in self.path for file in folder.rglob("*") if file.is_file())
        return sum(file.stat().st_size for file in files) / 1e6


@dataclass(frozen=True)
class Sample:
    milliseconds: float
    cpu_milliseconds: float
    modules: int


def run(rounds: int) -> None:
    baseline, programs = Program(BASELINE, 'import boto3\nboto3.client("dynamodb")'), _functions()
    samples: dict[str, list[Sample]] = {program.name: [] for program in (baseline, *programs)}
    for _ in range(rounds):
        for program in random.sample(programs, len(programs)):
            samples[BASELINE].append(_measure(baseline))
            samples[program.name].append(_measure(program))
    table(
        "Start-up",
        f"Import and a DynamoDB client, {rounds} fresh processes each, Python {platform.python_version()}. "
        f"{HOT} may have {LIMITS[0]} × the baseline, {LIMITS[1]} modules, {LIMITS[2]} MB.",
        ["function", "ms", "× baseline", "processor ms", "× baseline", "modules", "MB unzipped"],
        [_row(program, samples[program.name], samples[BASELINE]) for program in (baseline, *programs)],
    )


def _row(program: Program, own: list[Sample], base: list[Sample]) -> list[object]:
    wall, cpu = (median(getattr(sample, name) for sample in own) for name in ("milliseconds", "cpu_milliseconds"))
    wall_ratio = wall / median(sample.milliseconds for sample in base)
    cpu_ratio = cpu / median(sample.cpu_milliseconds for sample in base)
    modules = max(sample.modules for sample in own)
    return [program.name, f"{wall:.0f}", wall_ratio, f"{cpu:.0f}", cpu_ratio, modules, f"{program.megabytes:.1f}"]


def _functions() -> list[Program]:
    with Path(os.devnull).open("w") as log:
        built = build_for_here(log)[0].parent
    layers = tuple(built / layer / "python" for layer in ("DependenciesLayer", "DealregLayer"))
    return [
        Program(name, f"import {handler.rpartition('.')[0]}{_CLIENT}", (built / name, *layers))
        for name, handler in sorted(handlers().items(), key=lambda pair: pair[0] != HOT)
    ]


def _measure(program: Program) -> Sample:
    environment = fixed_variables() | {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(map(str, program.path)),
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
    }
    command = [str(PYTHON), "-c", _BEFORE + program.code + _AFTER]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    milliseconds, cpu_milliseconds, modules = done.stdout.split()
    return Sample(float(milliseconds), float(cpu_milliseconds), int(modules))
