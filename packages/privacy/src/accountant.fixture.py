"""Prints the known answers of accountant.test.ts, found without its formulas' shortcuts. Needs scipy. Run: python3 accountant.fixture.py"""

import math

import numpy as np
from scipy import special

DELTA = 1e-5


def delta_at(order, rho, epsilon):
    """Canonne, Kamath and Steinke 2020, proposition 12, as printed there."""
    return math.exp((order - 1) * (order * rho - epsilon)) / (order - 1) * (1 - 1 / order) ** order


def least_epsilon(rho, orders):
    """By bisection on epsilon, at every order of a fine grid."""
    low, high = 0.0, 1e4
    while high - low > 1e-9:
        middle = (low + high) / 2
        logs = (orders - 1) * (orders * rho - middle) - np.log(orders - 1) + orders * np.log1p(-1 / orders)
        if logs.min() <= math.log(DELTA):
            high = middle
        else:
            low = middle
    return high


REAL = 1 + np.exp(np.linspace(-6, 8, 400_001))
WHOLE = np.arange(2.0, 3000)
assert abs(delta_at(12.0, 0.125, least_epsilon(0.125, np.array([12.0]))) - DELTA) < 1e-9
for z in [1, 2, 4, 8]:
    for sums in [1, 10, 50, 100]:
        rho = sums / (2 * z * z)
        print(f"  [{z}, {sums}, {least_epsilon(rho, REAL):.4f}, {least_epsilon(rho, WHOLE):.4f}],")


def divergence(order, shifts, variance):
    """Exact, of Skellam noise: coordinates are independent, so theirs add up."""
    reach = int(40 * math.sqrt(variance) + 60)
    values = np.arange(-reach, reach + 1)
    total = 0.0
    for shift in shifts:
        with np.errstate(divide="ignore"):
            there = np.log(special.ive(np.abs(values - shift), variance))
            here = np.log(special.ive(np.abs(values), variance))
        seen = np.isfinite(there) & np.isfinite(here)
        total += special.logsumexp(order * there[seen] + (1 - order) * here[seen]) / (order - 1)
    return total


print()
for variance in [4, 25, 400, 10_000]:
    for shifts in [[1], [3], [1, 1, 1, 2], [5, -2]]:
        for order in [2, 3, 8]:
            print(f"  [{order}, {shifts}, {variance}, {divergence(order, shifts, variance):.9g}],")
