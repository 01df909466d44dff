import type { Rng } from '@shoal/numeric'

/**
 * Gamma(shape, 1): Marsaglia & Tsang 2000; for a shape below 1 their boost, Gamma(shape + 1) * U^(1 / shape).
 * `Math.log` and `Math.pow` may differ in the last bit between engines, so what is dealt by the draws can differ by an example between them.
 */
function gamma(shape: number, rng: Rng): number {
  if (shape < 1) return gamma(shape + 1, rng) * (1 - rng.uniform()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = rng.normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - rng.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

/** `parts` shares that sum to 1, from Dirichlet(concentration, ..., concentration). */
export function drawDirichlet(parts: number, concentration: number, rng: Rng): number[] {
  const draws = Array.from({ length: parts }, () => gamma(concentration, rng))
  const total = draws.reduce((sum, draw) => sum + draw, 0)
  // At tiny concentrations every draw can underflow to 0: then all of the class goes to one part, the limit of the distribution.
  const winner = total > 0 ? -1 : rng.below(parts)
  return draws.map((draw, part) => (total > 0 ? draw / total : Number(part === winner)))
}
