"""What people notice when something dies: the shipped cluster on one machine, with one process killed after the other.

python -m benchmarks.faults
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).resolve().parent.parent
FAULTS = ("Sticker", "Suggest", "Index", "Intake", "Api", "controller", "proxy", "machine", "postgresql")


def main(
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/faults.json",
) -> None:
    """Run the scenario of `tests/cluster` with every fault; it takes about six minutes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.cluster.scenario", folder, *FAULTS]
        subprocess.run(command, check=True, cwd=ROOT)
        report = json.loads((Path(folder) / "report.json").read_text())
    for fault in report["faults"].values():
        fault["failed_calls"] = len(fault.pop("failed"))
    out.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    typer.run(main)
