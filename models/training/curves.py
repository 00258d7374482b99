"""Loss curves of a run, as one picture."""

from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

matplotlib.use("Agg")


def write_loss_curves(run_dir: Path) -> None:
    """Draw every stage's `loss.csv` into `loss.png`."""
    paths = sorted(run_dir.glob("*/loss.csv"))
    figure, axes = plt.subplots(1, len(paths), figsize=(5 * len(paths), 3), squeeze=False)
    for axis, path in zip(axes[0], paths, strict=True):
        step_loss = np.loadtxt(path, delimiter=",", ndmin=2)
        axis.plot(step_loss[:, 0], step_loss[:, 1])
        axis.set(title=path.parent.name, xlabel="step", ylabel="loss", yscale="log")
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(run_dir / "loss.png", dpi=110)
    plt.close(figure)
