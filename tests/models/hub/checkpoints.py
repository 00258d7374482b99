"""Tiny random pipelines of the real classes, which the tests save to disk and load with the real loading code."""

from collections.abc import Callable

import diffusers
import torch
import transformers
from diffusers.pipelines.ltx2 import LTX2TextConnectors
from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder
from diffusers.pipelines.stable_audio_3.modeling_stable_audio_3 import StableAudio3DurationEmbedder
from transformers.convert_slow_tokenizer import bytes_to_unicode
from transformers.models.t5gemma.configuration_t5gemma import T5GemmaModuleConfig

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<unk>", "<bos>", "<eos>", "<pad>", "<mask>")
VOCABULARY = {token: number for number, token in enumerate((*SPECIAL, *bytes_to_unicode().values(), "▁"))}
CHAT = "{% for message in messages %}<|im_start|>{{ message['content'] }}{% endfor %}"


PIECES = [
    ("<pad>", 0.0),
    ("</s>", 0.0),
    ("<unk>", 0.0),
    *((piece, -2.0) for piece in "▁abcdefghijklmnopqrstuvwxyz"),
]


def stir(model: torch.nn.Module, scale: float) -> None:
    """Random weights where the class leaves zeros or next to nothing, which would hide what went in."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight), alpha=scale)


def gemma_tokenizer(**options: int) -> transformers.PreTrainedTokenizerBase:
    return transformers.GemmaTokenizer(vocab=VOCABULARY, merges=[], **options)


def t5_tokenizer() -> transformers.PreTrainedTokenizerBase:
    return transformers.T5Tokenizer(vocab=PIECES)


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
    tokenizer = gemma_tokenizer()
    return diffusers.SanaSprintPipeline(
        tokenizer, transformers.Gemma2Model(config), vae, transformer, diffusers.SCMScheduler()
    )


def wan() -> diffusers.DiffusionPipeline:
    transformer = diffusers.WanTransformer3DModel(
        patch_size=(1, 2, 2), num_attention_heads=2, attention_head_dim=12, in_channels=16, out_channels=16,
        text_dim=16, freq_dim=32, ffn_dim=32, num_layers=1, rope_max_seq_len=32,
    )  # fmt: skip
    vae = diffusers.AutoencoderKLWan(
        base_dim=3,
        z_dim=16,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
    )
    config = transformers.UMT5Config(
        vocab_size=len(PIECES), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2
    )
    scheduler = diffusers.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
    )
    return diffusers.WanPipeline(
        t5_tokenizer(), transformers.UMT5EncoderModel(config), vae, scheduler, transformer
    )


def ltx2() -> diffusers.DiffusionPipeline:
    text = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
        "num_key_value_heads": 1, "head_dim": 8, "vocab_size": len(VOCABULARY), "max_position_embeddings": 1024,
    }  # fmt: skip
    vision = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "image_size": 28, "patch_size": 14,
    }  # fmt: skip
    gemma = transformers.Gemma3Config(text_config=text, vision_config=vision, mm_tokens_per_image=4)
    transformer = diffusers.LTX2VideoTransformer3DModel(
        in_channels=4, out_channels=4, patch_size=1, patch_size_t=1, num_attention_heads=2, attention_head_dim=8,
        cross_attention_dim=16, audio_in_channels=4, audio_out_channels=4, audio_num_attention_heads=2,
        audio_attention_head_dim=4, audio_cross_attention_dim=8, num_layers=1, caption_channels=16,
        rope_double_precision=False, rope_type="split",
    )  # fmt: skip
    connectors = LTX2TextConnectors(
        caption_channels=16, text_proj_in_factor=3, video_connector_num_attention_heads=2,
        video_connector_attention_head_dim=8, video_connector_num_layers=1,
        video_connector_num_learnable_registers=None, audio_connector_num_attention_heads=2,
        audio_connector_attention_head_dim=8, audio_connector_num_layers=1,
        audio_connector_num_learnable_registers=None, connector_rope_base_seq_len=32, rope_theta=10000.0,
        rope_double_precision=False, causal_temporal_positioning=False, rope_type="split",
    )  # fmt: skip
    vae = diffusers.AutoencoderKLLTX2Video(
        latent_channels=4, block_out_channels=(8,), decoder_block_out_channels=(8,), layers_per_block=(1,),
        decoder_layers_per_block=(1, 1), spatio_temporal_scaling=(True,), decoder_spatio_temporal_scaling=(True,),
        decoder_inject_noise=(False, False), downsample_type=("spatial",), upsample_residual=(False,),
        upsample_factor=(1,), patch_size=1, patch_size_t=1,
    )  # fmt: skip
    audio_vae = diffusers.AutoencoderKLLTX2Audio(
        base_channels=4, output_channels=2, ch_mult=(1,), num_res_blocks=1, in_channels=2, resolution=32,
        latent_channels=2, mel_bins=8,
    )  # fmt: skip
    vocoder = LTX2Vocoder(
        in_channels=16, hidden_channels=32, out_channels=2, upsample_kernel_sizes=[4, 4], upsample_factors=[2, 2],
        resnet_kernel_sizes=[3], resnet_dilations=[[1, 3, 5]], output_sampling_rate=16000,
    )  # fmt: skip
    return diffusers.LTX2Pipeline(
        diffusers.FlowMatchEulerDiscreteScheduler(), vae, audio_vae,
        transformers.Gemma3ForConditionalGeneration(gemma), gemma_tokenizer(model_max_length=64), connectors,
        transformer, vocoder,
    )  # fmt: skip


def stable_audio_3() -> diffusers.DiffusionPipeline:
    transformer = diffusers.StableAudio3DiTModel(
        io_channels=8, embed_dim=32, depth=1, num_heads=4, cond_token_dim=16, global_cond_dim=16,
        local_add_cond_dim=5, timestep_features_dim=16, ff_mult=2, num_memory_tokens=3,
        use_differential_attention=False,
    )  # fmt: skip
    vae = diffusers.AutoencoderSAME(
        patch_size=20, encoder_channels=8, encoder_c_mults=(2,), encoder_strides=(2,),
        encoder_transformer_depths=(1,), latent_dim=8, use_differential_attention=False, dim_heads=4, ff_mult=2,
    )  # fmt: skip
    stir(vae, 0.2)
    stir(transformer, 0.2)
    part = T5GemmaModuleConfig(
        vocab_size=len(VOCABULARY), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=1, head_dim=8, layer_types=["full_attention"],
    ).to_dict()  # fmt: skip
    config = transformers.T5GemmaConfig(encoder=part, decoder=part, is_encoder_decoder=False)
    return diffusers.StableAudio3Pipeline(
        vae, transformers.T5GemmaEncoderModel(config), gemma_tokenizer(),
        StableAudio3DurationEmbedder(output_dim=16, fourier_dim=16), transformer,
        diffusers.FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, stochastic_sampling=True),
    )  # fmt: skip


def sam2() -> transformers.PreTrainedModel:
    hiera = transformers.Sam2HieraDetConfig(
        hidden_size=8, num_attention_heads=1, image_size=[64, 64], blocks_per_stage=[1, 1, 2, 1],
        embed_dim_per_stage=[8, 16, 32, 64], num_attention_heads_per_stage=[1, 1, 1, 1],
        window_size_per_stage=[4, 4, 4, 2], window_positional_embedding_background_size=[4, 4],
        global_attention_blocks=[3],
    )  # fmt: skip
    vision = transformers.Sam2VisionConfig(
        backbone_config=hiera, backbone_channel_list=[64, 32, 16, 8],
        backbone_feature_sizes=[[16, 16], [8, 8], [4, 4]], fpn_hidden_size=16,
    )  # fmt: skip
    config = transformers.Sam2Config(
        vision_config=vision,
        prompt_encoder_config={"image_size": 64, "hidden_size": 16, "mask_input_channels": 4},
        mask_decoder_config={
            "hidden_size": 16, "mlp_dim": 16, "num_attention_heads": 2, "iou_head_hidden_dim": 16
        },
    )  # fmt: skip
    model = transformers.Sam2Model(config)
    stir(model, 0.2)
    return model


PIPELINES: dict[str, Callable[[], diffusers.DiffusionPipeline]] = {
    "ZImagePipeline": z_image,
    "Flux2KleinPipeline": flux2_klein,
    "SanaSprintPipeline": sana_sprint,
    "WanPipeline": wan,
    "LTX2Pipeline": ltx2,
    "StableAudio3Pipeline": stable_audio_3,
}
