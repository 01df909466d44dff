import type { Policy } from '@shoal/protocol'

/** Numbers of the model that is trained. */
export const parameterCount = ({ model }: Policy): number =>
  model.parameters.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0)

/** Bytes that an update takes on its way, without what goes around it. */
export function updateBytes(policy: Policy): number {
  const { level, encoding, masking } = policy.privacy
  const bits = level === 'sealed' ? (encoding === 'int8' ? 8 : 32) : (masking?.ring ?? 32)
  return (parameterCount(policy) * bits) / 8
}
