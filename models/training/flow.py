"""Train the flow transformer on the autoencoder's latents of the catalogue's stickers.

Array names: N stickers, V augmented views of each, C latent channels, H and W the latent grid, T text width.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import FlowMatchHeunDiscreteScheduler
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from tqdm import tqdm

from catalog.items import STYLES
from models.autoencoder import Autoencoder
from models.colour import warmth
from models.pipeline import MediaFlowPipeline
from models.references import References, Wish
from models.sticker import to_image
from models.text import TextEncoder
from models.training.loop import train_stage
from models.training.settings import StickerTraining
from models.training.sheets import write_sheet
from models.training.stickers import Stickers, augment, to_float
from models.transformer import FlowTransformer, flow_matching_loss

VIEWS = 4
LABEL_SHARE = 0.4
SHEET_PROMPTS = (
    "birthday cake", "happy birthday", "face with tears of joy", "red heart", "thumbs up", "cat face", "pizza",
    "rocket", "dog", "sun", "so tired", "i love you", "good luck", "congratulations", "coffee", "party",
)  # fmt: skip


class TextBank:
    """Embeddings of every text of every example, computed once and kept in the run's folder."""

    def __init__(self, texts_of: Sequence[tuple[str, ...]], encoder: TextEncoder, cache: Path) -> None:
        unique = sorted({text for texts in texts_of for text in texts})
        row_of = {text: row for row, text in enumerate(unique)}
        self.rows_of = [np.array([row_of[text] for text in texts]) for texts in texts_of]
        self.vectors_MT = torch.from_numpy(self._vectors(unique, encoder, cache))

    @staticmethod
    def _vectors(unique: list[str], encoder: TextEncoder, cache: Path) -> np.ndarray:
        if cache.exists():
            stored = np.load(cache)
            if stored["texts"].tolist() == unique:
                return np.asarray(stored["vectors"], dtype=np.float32)
        chunks = [unique[start : start + 1024] for start in range(0, len(unique), 1024)]
        vectors = np.concatenate([encoder.encode(chunk) for chunk in tqdm(chunks, desc="texts")])
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.savez(cache, texts=np.array(unique), vectors=vectors)
        return vectors

    def keys(self) -> Tensor:
        """Unit vectors (N, T) of what the examples show: halfway between the label and the mean of all texts."""
        labels_NT = self.vectors_MT[[int(rows[0]) for rows in self.rows_of]]
        means_NT = torch.stack([self.vectors_MT[rows].mean(0) for rows in self.rows_of])
        return F.normalize(F.normalize(labels_NT, dim=1) + F.normalize(means_NT, dim=1), dim=1)

    def draw(self, chosen_B: Tensor, generator: torch.Generator) -> Tensor:
        """One text (B, T) for each example: its label, or any of its texts."""
        uniform_B = torch.rand(len(chosen_B), generator=generator).tolist()
        rows = [self._row(int(i), u) for i, u in zip(chosen_B, uniform_B, strict=True)]
        return self.vectors_MT[rows]

    def _row(self, example: int, uniform: float) -> int:
        rows = self.rows_of[example]
        if uniform < LABEL_SHARE:
            return int(rows[0])
        return int(rows[int((uniform - LABEL_SHARE) / (1 - LABEL_SHARE) * len(rows))])


@torch.inference_mode()
def encode_views(autoencoder: Autoencoder, stickers: Stickers, seed: int) -> Tensor:
    """Latents (N, V, C, H, W) of `VIEWS` augmented views a sticker; the first is the picture as it is."""
    generator = torch.Generator().manual_seed(seed)
    mirrored_N = torch.from_numpy(stickers.mirrored_N)
    rows = []
    for start in tqdm(range(0, len(mirrored_N), 32), desc="latents"):
        pictures = to_float(stickers.pictures_NCHW[start : start + 32])
        mirrored = mirrored_N[start : start + 32]
        views = [pictures, *(augment(pictures, mirrored, generator) for _ in range(VIEWS - 1))]
        rows.append(torch.stack([autoencoder.encode(view) for view in views], dim=1))
    return torch.cat(rows).clone()


def _views(autoencoder: Autoencoder, stickers: Stickers, seed: int, cache: Path) -> Tensor:
    """The latents, encoded once a run: a run that was stopped goes on at once."""
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        save_file({"latents": encode_views(autoencoder, stickers, seed).contiguous()}, cache)
    return load_file(cache)["latents"]


def train_flow(
    stickers: Stickers,
    autoencoder: Autoencoder,
    encoder: TextEncoder,
    settings: StickerTraining,
    run_dir: Path,
) -> tuple[FlowTransformer, References]:
    """Train, or go on training; returns the averaged transformer, and the stickers as references for it."""
    latents_NVCHW = _views(autoencoder, stickers, settings.seed, run_dir / "latents.safetensors")
    bank = TextBank(stickers.texts, encoder, run_dir.parent / "texts.npz")
    references = make_references(stickers, bank.keys(), latents_NVCHW[:, 0])
    model = FlowTransformer(
        latent_channels=latents_NVCHW.shape[2],
        latent_shape=(1, *latents_NVCHW.shape[3:]),
        styles=len(STYLES),
    )
    styles_N = torch.from_numpy(stickers.styles_N)
    prompts_BT = torch.from_numpy(encoder.encode(SHEET_PROMPTS))

    def loss(compiled: nn.Module, generator: torch.Generator) -> Tensor:
        B = settings.flow.batch_size
        chosen_B = torch.randint(len(latents_NVCHW), (B,), generator=generator)
        view_B = torch.randint(VIEWS, (B,), generator=generator)
        latents = latents_NVCHW[chosen_B, view_B].unsqueeze(2)
        return flow_matching_loss(
            compiled,
            latents,
            bank.draw(chosen_B, generator),
            settings.drop_text,
            generator,
            style_B=styles_N[chosen_B],
        )

    @torch.inference_mode()
    def report(averaged: nn.Module, step: int) -> None:
        assert isinstance(averaged, FlowTransformer)
        pipeline = MediaFlowPipeline(averaged, autoencoder, FlowMatchHeunDiscreteScheduler(), references)
        rows = []
        for style in sorted(set(stickers.styles_N.tolist())):
            for strength in (1.0, 0.75):
                pictures = pipeline(
                    prompts_BT,
                    [0] * len(prompts_BT),
                    strength=strength,
                    wishes=[Wish(style)] * len(prompts_BT),
                ).pictures_BCFHW
                rows.append([to_image(picture) for picture in pictures.squeeze(2)])
        write_sheet(run_dir / "sheets" / f"{step:06d}.png", rows, SHEET_PROMPTS)

    averaged = train_stage(model, loss, settings.flow, run_dir, seed=settings.seed, report=report)
    assert isinstance(averaged, FlowTransformer)
    return averaged, references


def make_references(stickers: Stickers, keys_NT: Tensor, latents_NCHW: Tensor) -> References:
    """References of every sticker (M of them) in every style; zeros where a style lacks one."""
    row_of = {sticker_id: row for row, sticker_id in enumerate(dict.fromkeys(stickers.ids))}
    rows_N = torch.tensor([row_of[sticker_id] for sticker_id in stickers.ids])
    styles_N = torch.from_numpy(stickers.styles_N)
    shape = (int(styles_N.max()) + 1, len(row_of))
    keys_MT = torch.zeros(len(row_of), keys_NT.shape[1])
    latents_SMCHW, warmth_SM = torch.zeros(*shape, *latents_NCHW.shape[1:]), torch.zeros(shape)
    keys_MT[rows_N] = keys_NT
    latents_SMCHW[styles_N, rows_N] = latents_NCHW
    warmth_SM[styles_N, rows_N] = warmth(to_float(stickers.pictures_NCHW))
    return References.of(keys_MT, latents_SMCHW, warmth_SM)
