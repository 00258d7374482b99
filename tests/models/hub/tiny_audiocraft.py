"""Writes a tiny MusicGen and AudioGen, built from audiocraft's own classes, as the real ones lie on a hub.

Run by the Python of `make audiocraft`, with a folder to write to. Beside them goes a cache of the hub with what they
name: the T5 of both, and the codec of MusicGen, which in the real one, too, is the one of transformers.
It imports no other test: one of that environment's packages brings a `tests` of its own.
"""

import sys
from pathlib import Path
from typing import Any

import torch
import transformers
from audiocraft.models import builders
from omegaconf import OmegaConf

REVISION = "0" * 40
PIECES = [
    ("<pad>", 0.0),
    ("</s>", 0.0),
    ("<unk>", 0.0),
    *((piece, -2.0) for piece in "▁abcdefghijklmnopqrstuvwxyz"),
]
SEANET: dict[str, Any] = {
    "dimension": 8, "channels": 1, "causal": False, "n_filters": 2, "n_residual_layers": 1, "ratios": [8, 5, 4, 2],
    "activation": "ELU", "activation_params": {"alpha": 1.0}, "norm": "weight_norm", "norm_params": {},
    "kernel_size": 7, "residual_kernel_size": 3, "last_kernel_size": 7, "dilation_base": 2, "pad_mode": "constant",
    "true_skip": True, "compress": 2, "lstm": 0, "disable_norm_outer_blocks": 0, "encoder": {},
    "decoder": {"trim_right_ratio": 1.0, "final_activation": None, "final_activation_params": None},
}  # fmt: skip
CODEC: dict[str, Any] = {
    "compression_model": "encodec", "device": "cpu", "seanet": SEANET,
    "encodec": {
        "autoencoder": "seanet", "quantizer": "rvq", "sample_rate": 16000, "channels": 1, "causal": False,
        "renormalize": False,
    },
    "rvq": {"n_q": 2, "bins": 256, "kmeans_init": False},
}  # fmt: skip
LANGUAGE_MODEL: dict[str, Any] = {
    "lm_model": "transformer_lm", "device": "cpu", "dtype": "float32", "dataset": {"segment_duration": 30.0},
    "transformer_lm": {
        "dim": 16, "num_heads": 2, "num_layers": 1, "hidden_scale": 2, "n_q": 2, "card": 256, "causal": True,
        "custom": False, "memory_efficient": True, "attention_as_float32": False, "cross_attention": False,
    },
    "codebooks_pattern": {
        "modeling": "delay", "delay": {"delays": [0, 1], "flatten_first": 0, "empty_initial": 0}
    },
    "conditioners": {
        "description": {
            "model": "t5",
            "t5": {"name": "t5-small", "finetune": False, "word_dropout": 0.0, "normalize_text": False},
        }
    },
    "fuser": {
        "sum": [], "prepend": [], "cross": ["description"], "input_interpolate": [],
        "cross_attention_pos_emb": False, "cross_attention_pos_emb_scale": 1,
    },
    "attribute_dropout": {},
    "classifier_free_guidance": {"training_dropout": 0.3, "inference_coef": 3.0},
}  # fmt: skip


def cached(cache: Path, name: str) -> Path:
    """The folder of a model in the cache of the hub."""
    folder = cache / f"models--{name.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(REVISION)
    return folder / "snapshots" / REVISION


def save_text_encoder(cache: Path) -> None:
    folder = cached(cache, "t5-small")
    size = {
        "d_model": 512,
        "d_kv": 8,
        "d_ff": 16,
        "num_layers": 1,
        "num_heads": 2,
    }  # 512 is fixed by audiocraft
    transformers.T5EncoderModel(transformers.T5Config(vocab_size=len(PIECES), **size)).save_pretrained(
        folder
    )
    transformers.T5Tokenizer(vocab=PIECES).save_pretrained(folder)


def save_codec(cache: Path) -> None:
    config = transformers.EncodecConfig(
        sampling_rate=32000, hidden_size=8, num_filters=2, num_lstm_layers=1, codebook_size=256, codebook_dim=8,
        upsampling_ratios=[8, 5, 4, 4], target_bandwidths=[0.8], normalize=False,
    )  # fmt: skip
    codec = transformers.EncodecModel(config)
    for layer in codec.quantizer.layers:
        layer.codebook.embed.normal_()  # else zeros: every token would sound the same
    codec.save_pretrained(cached(cache, "facebook/encodec_32khz"))


def save(folder: Path, codec: dict[str, Any]) -> None:
    """A folder as audiocraft's loaders expect it."""
    folder.mkdir()
    config = OmegaConf.create(LANGUAGE_MODEL)
    state = builders.get_lm_model(config).state_dict()
    torch.save({"xp.cfg": OmegaConf.to_yaml(config), "best_state": state}, folder / "state_dict.bin")
    torch.save(codec, folder / "compression_state_dict.bin")


def main(folder: Path) -> None:
    torch.manual_seed(0)
    save_text_encoder(folder / "cache")
    save_codec(folder / "cache")
    save(folder / "MusicGen", {"pretrained": "facebook/encodec_32khz"})
    own = OmegaConf.create(CODEC)
    state = builders.get_compression_model(own).state_dict()
    save(folder / "AudioGen", {"xp.cfg": OmegaConf.to_yaml(own), "best_state": state})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
