"""The training loop: warm-up, cooldown, averaged weights, checkpoints that a killed run resumes from."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from models.training.settings import StageSettings

Loss = Callable[[nn.Module, torch.Generator], Tensor]
Report = Callable[[nn.Module, int], None]


def train_stage(
    model: nn.Module,
    loss: Loss,
    stage: StageSettings,
    run_dir: Path,
    *,
    seed: int,
    report: Report,
) -> nn.Module:
    """Train `model` and return its averaged copy; a run that was stopped goes on from its last checkpoint.

    `loss(model, generator)` draws one batch and returns a scalar. `report(averaged, step)` is called at every
    checkpoint, to write sample sheets. `run_dir` receives `loss.csv`, `checkpoint.pt` and `averaged.safetensors`.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    averaged = AveragedModel(model, avg_fn=warmed_up_average(stage.ema_decay), use_buffers=True)
    optimisers = make_optimisers(model, stage)
    first_step = _resume(run_dir, model, averaged, optimisers)
    compiled: Any = torch.compile(model) if stage.compile else model
    window: list[float] = []
    progress = tqdm(
        range(first_step, stage.steps), initial=first_step, total=stage.steps, desc=run_dir.name
    )
    for step in progress:
        model.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=stage.bfloat16):
            value = loss(compiled, torch.Generator().manual_seed(seed * 1_000_003 + step))
        model.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = stage.learning_rate * learning_rate_factor(step, stage)
            optimiser.step()
        averaged.update_parameters(model)
        window.append(value.item())
        if (step + 1) % 50 == 0:
            progress.set_postfix(loss=f"{sum(window) / len(window):.4f}")
            _append_loss(run_dir / "loss.csv", step + 1, sum(window) / len(window))
            window.clear()
        if (step + 1) % stage.checkpoint_every == 0 or step + 1 == stage.steps:
            _checkpoint(run_dir, step + 1, model, averaged, optimisers)
            report(averaged.module.eval(), step + 1)
    return averaged.module.eval()


def make_optimisers(model: nn.Module, stage: StageSettings) -> list[torch.optim.Optimizer]:
    """AdamW for every parameter; or Muon (Jordan et al. 2024) for the matrices inside the blocks, AdamW for the rest.

    Muon's updates are scaled to AdamW's root mean square (Liu et al. 2025), so that both share a learning rate.
    """
    matrices = [
        parameter
        for name, parameter in model.named_parameters()
        if stage.optimiser == "muon"
        and parameter.ndim == 2
        and name.startswith("blocks.")
        and "modulation" not in name
    ]
    taken = {id(parameter) for parameter in matrices}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in taken]
    adamw = torch.optim.AdamW(
        rest, lr=stage.learning_rate, betas=(0.9, 0.98), weight_decay=stage.weight_decay, fused=True
    )
    if not matrices:
        return [adamw]
    muon = torch.optim.Muon(
        matrices,
        lr=stage.learning_rate,
        weight_decay=stage.weight_decay,
        adjust_lr_fn="match_rms_adamw",
    )
    return [muon, adamw]


def learning_rate_factor(step: int, stage: StageSettings) -> float:
    """Linear warm-up, constant, linear cooldown (Hägele et al. 2024): lets a longer run reuse a shorter one."""
    warmup = min(1.0, (step + 1) / max(1, stage.warmup_steps))
    remaining = (stage.steps - step) / max(1.0, stage.cooldown * stage.steps)
    return min(warmup, 1.0, max(0.0, remaining))


def warmed_up_average(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """Exponential average whose decay grows to `decay`, so that the first weights are soon forgotten."""

    def average(averaged: Tensor, current: Tensor, num_averaged: Tensor | int) -> Tensor:
        keep = min(decay, (1 + int(num_averaged)) / (10 + int(num_averaged)))
        return averaged.lerp(current, 1 - keep) if averaged.is_floating_point() else current

    return average


def _append_loss(path: Path, step: int, value: float) -> None:
    with path.open("a", newline="") as file:
        csv.writer(file).writerow([step, f"{value:.6f}"])


def _checkpoint(
    run_dir: Path,
    step: int,
    model: nn.Module,
    averaged: AveragedModel,
    optimisers: list[torch.optim.Optimizer],
) -> None:
    state = {
        "step": step,
        "model": model.state_dict(),
        "averaged": averaged.state_dict(),
        "optimisers": [optimiser.state_dict() for optimiser in optimisers],
    }
    torch.save(state, run_dir / "checkpoint.tmp")
    (run_dir / "checkpoint.tmp").replace(run_dir / "checkpoint.pt")
    save_file(
        {k: v.contiguous() for k, v in averaged.module.state_dict().items()}, run_dir / "averaged.tmp"
    )
    (run_dir / "averaged.tmp").replace(run_dir / "averaged.safetensors")


def _resume(
    run_dir: Path,
    model: nn.Module,
    averaged: AveragedModel,
    optimisers: list[torch.optim.Optimizer],
) -> int:
    """Load the checkpoint if there is one, else averaged weights to start from; return the next step."""
    if (run_dir / "checkpoint.pt").exists():
        state = torch.load(run_dir / "checkpoint.pt", weights_only=True)
        if len(state["optimisers"]) != len(optimisers):
            raise ValueError(f"{run_dir}: its checkpoint is of another optimiser; take another --run-dir")
        model.load_state_dict(state["model"])
        averaged.load_state_dict(state["averaged"])
        for optimiser, kept in zip(optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        return int(state["step"])
    if (run_dir / "averaged.safetensors").exists():
        model.load_state_dict(load_file(run_dir / "averaged.safetensors"))
        averaged.module.load_state_dict(model.state_dict())
    return 0
