"""Prints the known answers of count-sketch.test.ts: an implementation of its own, in whole numbers only. Run: python3 count-sketch.fixture.py"""

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
    for drawn in range(1 << 62):
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


def sketch(vector, buckets, seed):
    path = [seed, "count-sketch", str(len(vector)), str(buckets)]
    words = xoshiro(seed_words("/".join(f"{len(step)}:{step}" for step in path)))
    ceiling = (1 << 32) // (2 * buckets) * (2 * buckets)
    result = [0] * buckets
    for value in vector:
        word = next(word for word in words if word < ceiling)
        cell = word % (2 * buckets)
        result[cell // 2] += value if cell % 2 == 0 else -value
    return result


print(sketch([p + 1 for p in range(100)], 10, "known answer"))
print(sketch([p * p % 1013 for p in range(5000)], 16, "schlüssel"))
