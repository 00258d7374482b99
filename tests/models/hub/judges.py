"""Tiny random judges of the real classes, with their processors, as they lie on a hub."""

from collections.abc import Callable
from pathlib import Path

import torch
import transformers

from tests.models.hub.checkpoints import VOCABULARY, gemma_tokenizer

SIZE = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
TEXT = SIZE | {"vocab_size": 300, "bos_token_id": 4, "eos_token_id": 5, "pad_token_id": 6}


def clip(folder: Path) -> None:
    config = transformers.CLIPConfig(
        text_config=TEXT, vision_config=SIZE | {"image_size": 32, "patch_size": 16}, projection_dim=8
    )
    letters = {f"{letter}</w>": len(VOCABULARY) + number for number, letter in enumerate("abcdefgh")}
    tokenizer = transformers.CLIPTokenizer(
        vocab=VOCABULARY | letters, merges=[], unk_token="<unk>", bos_token="<bos>", eos_token="<eos>",
        pad_token="<pad>", model_max_length=77,
    )  # fmt: skip
    pictures = transformers.CLIPImageProcessor(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    )
    transformers.CLIPModel(config).save_pretrained(folder)
    transformers.CLIPProcessor(pictures, tokenizer).save_pretrained(folder)


def siglip(folder: Path) -> None:
    config = transformers.SiglipConfig(
        text_config=TEXT | {"max_position_embeddings": 16, "projection_size": 16},
        vision_config=SIZE | {"image_size": 32, "patch_size": 16},
    )
    pictures = transformers.SiglipImageProcessor(size={"height": 32, "width": 32})
    transformers.SiglipModel(config).save_pretrained(folder)
    transformers.SiglipProcessor(pictures, gemma_tokenizer(model_max_length=16)).save_pretrained(folder)


def siglip2(folder: Path) -> None:
    config = transformers.Siglip2Config(
        text_config=TEXT | {"max_position_embeddings": 64, "projection_size": 16},
        vision_config=SIZE | {"num_patches": 16, "patch_size": 16},
    )
    pictures = transformers.Siglip2ImageProcessor(max_num_patches=16)
    transformers.Siglip2Model(config).save_pretrained(folder)
    transformers.Siglip2Processor(pictures, gemma_tokenizer(model_max_length=64)).save_pretrained(folder)


def clap(folder: Path) -> None:
    config = transformers.ClapConfig(
        text_config=TEXT | {"max_position_embeddings": 64},
        audio_config={
            "hidden_size": 8, "patch_embeds_hidden_size": 4, "depths": [1, 1], "num_attention_heads": [2, 2],
            "num_hidden_layers": 2, "num_classes": 2, "projection_dim": 16,
        },
        projection_dim=16,
    )  # fmt: skip
    tokenizer = transformers.RobertaTokenizer(
        vocab=VOCABULARY, merges=[], unk_token="<unk>", bos_token="<bos>", eos_token="<eos>", pad_token="<pad>",
        model_max_length=32,
    )  # fmt: skip
    sounds = transformers.ClapFeatureExtractor(truncation="rand_trunc")
    transformers.ClapModel(config).save_pretrained(folder)
    transformers.ClapProcessor(sounds, tokenizer).save_pretrained(folder)


JUDGES: dict[str, Callable[[Path], None]] = {
    "clip": clip,
    "siglip": siglip,
    "siglip2": siglip2,
    "clap": clap,
}


def save_judge(name: str, folder: Path) -> str:
    torch.manual_seed(0)
    JUDGES[name](folder)
    return str(folder)
