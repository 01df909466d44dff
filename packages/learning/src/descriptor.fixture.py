"""Prints the known answer of descriptor.test.ts with numpy: the projection by a QR decomposition, moments as numpy computes them. Run: python3 descriptor.fixture.py"""

import numpy as np

MASK = 0xFFFFFFFF


def rotate(word, bits):
    return ((word << bits) | (word >> (32 - bits))) & MASK


def words_of(text):
    """xoshiro128** 1.1 from a text, after eight words of warm-up."""
    state = []
    for lane, start in enumerate([0x9E3779B9, 0x243F6A88, 0xB7E15162, 0xDEADBEEF]):
        word = start ^ len(text)
        for letter in text:
            word = ((word ^ ord(letter)) * 0x85EBCA6B) & MASK
            word = ((rotate(word, 13) ^ (lane + 1)) * 0xC2B2AE35) & MASK
        word ^= word >> 16
        word = (word * 0x85EBCA6B) & MASK
        word ^= word >> 13
        word = (word * 0xC2B2AE35) & MASK
        state.append(word ^ (word >> 16))
    drawn = 0
    while True:
        result = (rotate((state[1] * 5) & MASK, 7) * 9) & MASK
        shifted = (state[1] << 9) & MASK
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= shifted
        state[3] = rotate(state[3], 11)
        if drawn >= 8:
            yield result
        drawn += 1


def projection(rows, columns, seed):
    words = words_of(seed)
    signs = np.zeros((rows, 0))
    while signs.shape[1] < columns:
        word = next(words)
        column = np.array([[1.0 if (word >> bit) & 1 else -1.0] for bit in range(rows)])
        wider = np.hstack([signs, column])
        if np.linalg.matrix_rank(wider) == wider.shape[1]:
            signs = wider
    q, r = np.linalg.qr(signs)
    return q * np.sign(np.diag(r))


EXAMPLES, WIDTH, LENGTH, CLASSES, LEAST = 12, 4, 2, 3, 2
latents = np.array([[((7 * place + 3 * entry * entry) % 11) / 4 for entry in range(WIDTH)] for place in range(EXAMPLES)])
labels = np.array([1 if place == 5 else 2 if place % 3 == 0 else 0 for place in range(EXAMPLES)])
z = latents @ projection(WIDTH, LENGTH, "public")
groups = [z[labels == label] for label in range(CLASSES)]
means = [group.mean(axis=0) if len(group) >= LEAST else -np.ones(LENGTH) for group in groups]
deviations = [group.std(axis=0) if len(group) >= LEAST else -np.ones(LENGTH) for group in groups]
descriptor = np.concatenate([z.mean(axis=0), z.std(axis=0), *means, *deviations])
print(", ".join(f"{entry:.8f}" for entry in descriptor))
