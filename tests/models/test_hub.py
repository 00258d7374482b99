"""Tiny random checkpoints of the real classes, saved to disk and loaded by the real loading code."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import diffusers
import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from safetensors.torch import save_file
from transformers.convert_slow_tokenizer import bytes_to_unicode

from models.generation import Prompt
from models.hub import ClipJudge, HubImageGenerator, describe
from models.hub_model import HubModel

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<unk>", "<bos>", "<eos>", "<pad>", "<mask>")
VOCABULARY = {token: number for number, token in enumerate((*SPECIAL, *bytes_to_unicode().values(), "▁"))}
CHAT = "{% for message in messages %}<|im_start|>{{ message['content'] }}{% endfor %}"


def qwen(layers: int, head: bool) -> tuple[torch.nn.Module, transformers.PreTrainedTokenizerBase]:
    config = transformers.Qwen3Config(
        hidden_size=16, intermediate_size=16, num_hidden_layers=layers, num_attention_heads=2,
        num_key_value_heads=2, vocab_size=len(VOCABULARY), max_position_embeddings=512,
    )  # fmt: skip
    tokenizer = transformers.Qwen2Tokenizer(vocab=VOCABULARY, merges=[])
    tokenizer.chat_template = CHAT
    return (transformers.Qwen3ForCausalLM if head else transformers.Qwen3Model)(config), tokenizer


def z_image() -> diffusers.DiffusionPipeline:
    transformer = diffusers.ZImageTransformer2DModel(
        all_patch_size=(2,), all_f_patch_size=(1,), in_channels=16, dim=32, n_layers=2, n_refiner_layers=1,
        n_heads=2, n_kv_heads=2, cap_feat_dim=16, axes_dims=[8, 4, 4], axes_lens=[512, 32, 32],
    )  # fmt: skip
    with torch.no_grad():  # the class leaves these two unset
        transformer.x_pad_token.fill_(1)
        transformer.cap_pad_token.fill_(1)
    vae = diffusers.AutoencoderKL(
        down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2,
        block_out_channels=[32, 64], latent_channels=16, scaling_factor=0.36, shift_factor=0.12,
    )  # fmt: skip
    encoder, tokenizer = qwen(layers=2, head=False)
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler()
    return diffusers.ZImagePipeline(scheduler, vae, encoder, tokenizer, transformer)


def flux2_klein() -> diffusers.DiffusionPipeline:
    transformer = diffusers.Flux2Transformer2DModel(
        patch_size=1, in_channels=4, num_layers=1, num_single_layers=1, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=48, axes_dims_rope=[4, 4, 4, 4], guidance_embeds=False,
    )  # fmt: skip
    vae = diffusers.AutoencoderKLFlux2(
        down_block_types=("DownEncoderBlock2D",), up_block_types=("UpDecoderBlock2D",), block_out_channels=(4,),
        layers_per_block=1, latent_channels=1, norm_num_groups=1, use_quant_conv=False, use_post_quant_conv=False,
    )  # fmt: skip
    encoder, tokenizer = qwen(layers=28, head=True)  # it reads the 9th, 18th and 27th layer
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler()
    return diffusers.Flux2KleinPipeline(scheduler, vae, encoder, tokenizer, transformer)


def sana_sprint() -> diffusers.DiffusionPipeline:
    transformer = diffusers.SanaTransformer2DModel(
        patch_size=1, in_channels=4, out_channels=4, num_layers=1, num_attention_heads=2, attention_head_dim=4,
        num_cross_attention_heads=2, cross_attention_head_dim=4, cross_attention_dim=8, caption_channels=8,
        sample_size=32, qk_norm="rms_norm_across_heads", guidance_embeds=True,
    )  # fmt: skip
    vae = diffusers.AutoencoderDC(
        latent_channels=4, attention_head_dim=2, encoder_block_types=("ResBlock", "EfficientViTBlock"),
        decoder_block_types=("ResBlock", "EfficientViTBlock"), encoder_block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 8), encoder_qkv_multiscales=((), (5,)), decoder_qkv_multiscales=((), (5,)),
        encoder_layers_per_block=(1, 1), decoder_layers_per_block=(1, 1), downsample_block_type="conv",
        upsample_block_type="interpolate", decoder_norm_types="rms_norm", decoder_act_fns="silu",
    )  # fmt: skip
    config = transformers.Gemma2Config(
        head_dim=16, hidden_size=8, intermediate_size=16, num_attention_heads=2, num_hidden_layers=1,
        num_key_value_heads=2, vocab_size=len(VOCABULARY), attn_implementation="eager",
    )  # fmt: skip
    tokenizer = transformers.GemmaTokenizer(vocab=VOCABULARY, merges=[])
    return diffusers.SanaSprintPipeline(
        tokenizer, transformers.Gemma2Model(config), vae, transformer, diffusers.SCMScheduler()
    )


MAKERS: dict[str, Callable[[], diffusers.DiffusionPipeline]] = {
    "ZImagePipeline": z_image,
    "Flux2KleinPipeline": flux2_klein,
    "SanaSprintPipeline": sana_sprint,
}


@pytest.fixture(scope="module", params=MAKERS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> HubModel:
    folder = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(0)
    MAKERS[request.param]().save_pretrained(folder)
    return HubModel(
        pipeline=request.param, checkpoint=str(folder), device="cpu", dtype="float32",
        num_inference_steps=2, side_px=32,
    )  # fmt: skip


@pytest.fixture(scope="module")
def generator(model: HubModel, weights: Path) -> HubImageGenerator:
    return HubImageGenerator(model, weights / "relevance")


def test_a_batch_of_different_prompts_and_seeds_becomes_opaque_pictures(
    generator: HubImageGenerator,
) -> None:
    made = generator.generate([Prompt("red heart", 1), Prompt("cat", 2, interests=("jazz",))])
    assert made.num_evaluations == made.num_planned == 2
    assert len(made.media) == 2
    for medium in made.media:
        image = Image.open(io.BytesIO(medium.data))
        assert (image.format, image.mode, image.size) == ("WEBP", "RGB", (32, 32))
        assert np.linalg.norm(medium.embedding) == pytest.approx(1, abs=1e-3)
        assert -1 <= medium.cosine <= 1


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(generator: HubImageGenerator) -> None:
    first, again, other = (generator.generate([Prompt("dog", seed)]).media[0].data for seed in (5, 5, 6))
    assert first == again
    assert first != other


@pytest.mark.parametrize("stop_at", [0, 1])
def test_a_run_that_nobody_waits_for_stops_after_the_step(
    generator: HubImageGenerator, stop_at: int
) -> None:
    made = generator.generate([Prompt("dog", 1)], lambda done: done < stop_at)
    assert (made.media, made.num_evaluations, made.num_planned) == ((), stop_at, 2)
    assert len(generator.generate([Prompt("dog", 1)]).media) == 1, "the next run is not stopped"


def test_a_missing_checkpoint_or_lora_is_a_clear_error(
    model: HubModel, weights: Path, tmp_path: Path
) -> None:
    for wrong in (
        replace(model, checkpoint=str(tmp_path / "nothing")),
        replace(model, lora=str(tmp_path / "nothing")),
    ):
        with pytest.raises(ValueError, match="nothing"):
            HubImageGenerator(wrong, weights / "relevance")


def test_a_lora_changes_what_is_made(
    generator: HubImageGenerator, model: HubModel, weights: Path, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    name, layer = next(
        (name, layer)
        for name, layer in generator.pipeline.transformer.named_modules()
        if name.endswith(("to_q", "to_k")) and isinstance(layer, torch.nn.Linear)
    )
    low = {
        f"transformer.{name}.lora_A.weight": torch.randn(2, layer.in_features),
        f"transformer.{name}.lora_B.weight": 5 * torch.randn(layer.out_features, 2),
    }
    save_file(low, tmp_path / "pytorch_lora_weights.safetensors")
    tuned = HubImageGenerator(replace(model, lora=str(tmp_path)), weights / "relevance")
    before, after = (each.generate([Prompt("dog", 1)]).media[0].data for each in (generator, tuned))
    assert before != after


def test_what_the_person_likes_is_put_into_words() -> None:
    assert describe(Prompt("hi", 1), "a card: {text}") == "a card: hi"
    assert (
        describe(Prompt("hi", 1, interests=("cats", "jazz")), "a card: {text}")
        == "a card: hi, with cats, jazz"
    )


def test_clip_judges_pairs(tmp_path: Path) -> None:
    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.CLIPConfig(
        text_config=size | {"vocab_size": 300, "bos_token_id": 4, "eos_token_id": 5},
        vision_config=size | {"image_size": 32, "patch_size": 16},
        projection_dim=8,
    )
    transformers.CLIPModel(config).save_pretrained(tmp_path)
    tokenizer = transformers.CLIPTokenizer(
        vocab={**VOCABULARY, **{f"{c}</w>": len(VOCABULARY) + n for n, c in enumerate("abcdefgh")}}, merges=[],
        unk_token="<unk>", bos_token="<bos>", eos_token="<eos>", pad_token="<pad>",
    )  # fmt: skip
    processor = transformers.CLIPImageProcessor(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    )
    transformers.CLIPProcessor(processor, tokenizer).save_pretrained(tmp_path)
    pictures = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    cosines = ClipJudge(str(tmp_path), "cpu").cosines(["abc", "a cab"], pictures)
    assert len(cosines) == 2
    assert all(-1 <= cosine <= 1 for cosine in cosines)
