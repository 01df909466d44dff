/** Square matrix of pairwise distances, shape `size` x `size`, row-major: entry (i, j) lies at `i * size + j`. Symmetric, zero diagonal. */
export interface DistanceMatrix {
  readonly size: number
  readonly entries: Float32Array | Float64Array
}
