"""Log-mel spectrograms of sounds: what the sound generator makes and the vocoder sings.

Array names: B batch, S samples, F mel frequencies, T frames, K frequencies of the Fourier transform.
"""

import torch
from torch import Tensor
from transformers.audio_utils import mel_filter_bank

SAMPLE_RATE = 24_000
WINDOW, HOP = 1024, 256
NUM_MELS = 100
NUM_FRAMES = 384  # 4.1 s
NUM_SAMPLES = NUM_FRAMES * HOP
FLOOR_DB = -80.0  # of a full-scale sine; what is softer is silence

FILTERS_KF = torch.from_numpy(
    mel_filter_bank(WINDOW // 2 + 1, NUM_MELS, 30.0, SAMPLE_RATE / 2, SAMPLE_RATE, mel_scale="slaney")
).float()


def magnitudes(samples_BS: Tensor, window: int = WINDOW, hop: int = HOP) -> Tensor:
    """Magnitudes (B, K, T) of the short-time Fourier transform; a full-scale sine peaks near 1."""
    shape = torch.hann_window(window, device=samples_BS.device)
    spectrum = torch.stft(samples_BS, window, hop, window=shape, return_complex=True)
    size: Tensor = torch.view_as_real(spectrum).square().sum(-1).clamp(min=1e-12).sqrt()
    return size * (2 / shape.sum())


def log_mel(samples_BS: Tensor) -> Tensor:
    """Mel spectrograms (B, F, T), -1 at the floor and about 1 at full scale; T is S / HOP."""
    mels = torch.einsum(
        "bkt,kf->bft", magnitudes(samples_BS)[..., : samples_BS.shape[1] // HOP], FILTERS_KF
    )
    return (20 * mels.clamp(min=1e-9).log10()).clamp(min=FLOOR_DB) / (-FLOOR_DB / 2) + 1


def mel_magnitudes(mels_BFT: Tensor) -> Tensor:
    """From log-mel back to magnitudes (B, F, T)."""
    decibels: Tensor = (mels_BFT - 1) * (-FLOOR_DB / 2)
    return 10 ** (decibels / 20)


def fitted(samples_BS: Tensor, length: int = NUM_SAMPLES) -> Tensor:
    """Cut, or followed by silence, to the length."""
    kept = samples_BS[..., :length]
    return torch.nn.functional.pad(kept, (0, length - kept.shape[-1]))
