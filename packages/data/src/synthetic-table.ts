import { createRng, type Rng } from '@shoal/numeric'
import type { TableForm } from './table.ts'

/** A table as a file would hold it, and what it must hold. */
export interface SyntheticTable {
  readonly rows: readonly Readonly<Record<string, string>>[]
  readonly form: TableForm
}

const HABITATS = ['dry', 'wet', 'shade'] as const

/** What a plant of each class is like: height in cm, leaf width in mm, and where two of three grow. */
const PLANTS = [
  { species: 'fern', height: 60, leaf: 70, habitat: 'shade' },
  { species: 'reed', height: 140, leaf: 25, habitat: 'wet' },
  { species: 'thyme', height: 25, leaf: 10, habitat: 'dry' },
] as const
const HEIGHT_SPREAD = 60
const LEAF_SPREAD = 40

const PLANT_FORM: TableForm = {
  columns: [
    { kind: 'number', name: 'height', min: 0, max: 200 },
    { kind: 'number', name: 'leaf width', min: 0, max: 120 },
    { kind: 'word', name: 'habitat', words: HABITATS },
  ],
  label: 'species',
  classes: PLANTS.map(({ species }) => species),
}

/** Between -1 and 1, mostly near 0: the sum of two uniform draws, which every engine rounds alike. */
const spread = (rng: Rng): number => rng.uniform() + rng.uniform() - 1

/** `count` plants of three species, in turn, by two measures and a word that overlap between species. The same seed gives the same rows in every engine. */
export function createSyntheticTable(count: number, seed: string): SyntheticTable {
  const rng = createRng(seed)
  const measure = (mean: number, most: number, width: number): string => Math.min(most, Math.max(0, mean + width * spread(rng))).toFixed(1)
  const rows = Array.from({ length: count }, (_, index) => {
    const plant = PLANTS[index % PLANTS.length] ?? PLANTS[0]
    return {
      height: measure(plant.height, 200, HEIGHT_SPREAD),
      'leaf width': measure(plant.leaf, 120, LEAF_SPREAD),
      habitat: rng.below(3) < 2 ? plant.habitat : (HABITATS[rng.below(3)] ?? plant.habitat),
      species: plant.species,
    }
  })
  return { rows, form: PLANT_FORM }
}
