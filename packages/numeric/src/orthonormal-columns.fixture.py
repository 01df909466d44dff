"""Prints the digests of orthonormal-columns.test.ts: an implementation of its own, in Python's float64. Run: python3 orthonormal-columns.fixture.py"""

import hashlib
import math
import struct

MASK = 0xFFFFFFFF


def rotate(word, bits):
    return ((word << bits) | (word >> (32 - bits))) & MASK


def seed_words(text):
    words = []
    for lane, start in enumerate([0x9E3779B9, 0x243F6A88, 0xB7E15162, 0xDEADBEEF]):
        word = start ^ len(text)
        for letter in text:
            word = ((word ^ ord(letter)) * 0x85EBCA6B) & MASK
            word = ((rotate(word, 13) ^ (lane + 1)) * 0xC2B2AE35) & MASK
        word ^= word >> 16
        word = (word * 0x85EBCA6B) & MASK
        word ^= word >> 13
        word = (word * 0xC2B2AE35) & MASK
        words.append(word ^ (word >> 16))
    return words


def xoshiro(state):
    """xoshiro128** 1.1, after eight words of warm-up."""
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


def product(left, right):
    total = 0.0
    for a, b in zip(left, right):  # sum() and fsum() round otherwise
        total += a * b
    return total


def columns(rows, count, seed):
    words = xoshiro(seed_words(seed))
    found = []
    while len(found) < min(rows, count):
        column = []
        for start in range(0, rows, 32):
            word = next(words)
            column += [1.0 if (word >> bit) & 1 else -1.0 for bit in range(min(32, rows - start))]
        for _ in range(2):
            for earlier in found:
                share = product(column, earlier)
                column = [entry - share * other for entry, other in zip(column, earlier)]
        length = product(column, column)
        if length >= 0.25:
            root = math.sqrt(length)
            found.append([entry / root for entry in column])
    found += [[0.0] * rows for _ in range(count - len(found))]
    return [found[column][row] for row in range(rows) for column in range(count)]


for rows, count, seed in [(400, 10, "public"), (576, 16, "public"), (128, 10, "public"), (3, 5, "public")]:
    entries = columns(rows, count, seed)
    print(rows, count, seed, hashlib.sha256(struct.pack(f"<{len(entries)}d", *entries)).hexdigest())
