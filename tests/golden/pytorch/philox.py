"""The random numbers of the library, for masks that both sides share."""

import numpy as np
import torch
from torch import Tensor


def philox(counter: np.ndarray, key: tuple[int, int], rounds: int = 10) -> np.ndarray:
    """Philox4x32 of counters [n, 4]."""
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    c = [counter[:, i].astype(np.uint64) for i in range(4)]
    k0, k1 = key
    for _ in range(rounds):
        p, q = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(q >> half) ^ c[1] ^ np.uint64(k0), q & low, (p >> half) ^ c[3] ^ np.uint64(k1), p & low]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(c, 1)


def dropout_mask(shape: tuple[int, ...], p: float, seed: int, call: int) -> Tensor:
    """What `w.random.dropoutMask(shape, p, { seed, call })` gives: 0 or 1 / (1 - p)."""
    stream = 0x811C9DC5
    for byte in b"dropout":
        stream = (stream ^ byte) * 0x01000193 & 0xFFFFFFFF
    n = int(np.prod(shape))
    counter = np.array([[0, call, 0, stream]]).repeat((n + 3) // 4, 0)
    counter[:, 0] = np.arange(len(counter))
    u = (philox(counter, (seed, 0)).reshape(-1)[:n] >> np.uint64(8)) * 2.0**-24
    p32 = float(np.float32(p))
    return torch.from_numpy(np.where(u >= p32, float(np.float32(1 / (1 - p32))), 0.0)).reshape(shape)
