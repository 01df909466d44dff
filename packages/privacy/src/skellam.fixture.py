"""Prints the known answers of skellam.test.ts and poisson.test.ts, and the table in poisson.ts. Needs scipy. Run: python3 skellam.fixture.py"""

import math
from decimal import Decimal, getcontext

import numpy as np
from scipy import special, stats

BINS = 16


def cells(variance):
    """Edges e: cell i holds e[i-1] <= x < e[i]; with the probability of every cell, none of them small."""
    deviation = math.sqrt(variance)
    quantiles = stats.norm.ppf(np.arange(1, BINS) / BINS) * deviation
    tails = {math.ceil(tail * deviation) for tail in (-3.3, 3.3)}
    edges = sorted({math.ceil(quantile) for quantile in quantiles} | ({-1, 0, 1, 2} if variance < 4 else tails))
    if variance > 1e9:  # The excess kurtosis is 1 / variance: no sample that a test can draw tells it from a normal law, rounded.
        below = stats.norm.cdf((np.array(edges) - 0.5) / deviation)
    else:
        reach = int(12 * deviation + 30)
        values = np.arange(-reach, reach + 1)
        probabilities = special.ive(np.abs(values), variance)  # e^-variance I_|x|(variance)
        assert abs(probabilities.sum() - 1) < 1e-11
        if variance < 1e5:
            assert np.allclose(probabilities, stats.skellam.pmf(values, variance / 2, variance / 2), atol=1e-12)
        below = np.array([probabilities[values < edge].sum() for edge in edges])
    return edges, np.diff(np.concatenate([[0], below, [1]]))


for variance in [0.1, 1, 7.5, 19.9, 20.2, 400, 1e4, 1e6, 1e12, 4e15]:
    edges, probabilities = cells(variance)
    print(f"  {{ variance: {variance:g}, edges: {edges}, probabilities: [{', '.join(f'{p:.9f}' for p in probabilities)}] }},")

getcontext().prec = 60
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")


def log_factorial(count):
    if count < 2000:
        return Decimal(math.factorial(count)).ln()
    n = Decimal(count)
    return n * n.ln() - n + (2 * PI * n).ln() / 2 + 1 / (12 * n) - 1 / (360 * n**3) + 1 / (1260 * n**5) - 1 / (1680 * n**7)


print()
for count, mean in [(0, 3), (1, 0.25), (10, 10), (3, 12.5), (37, 12.5), (15, 15), (16, 15), (1_000_050, 1e6), (990_000, 1e6), (10**12 + 2 * 10**6, 1e12), (2 * 10**15 - 10**8, 2e15)]:
    m = Decimal(mean)
    print(f"  [{count}, {mean:g}, {float(count * m.ln() - m - log_factorial(count)):.17g}],")

print()
stirling = [log_factorial(n) - (n + Decimal("0.5")) * Decimal(n).ln() + n - (2 * PI).ln() / 2 for n in range(1, 16)]
print(", ".join(str(float(error)) for error in stirling))
