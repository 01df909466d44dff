import type { DataContract, Network } from '@shoal/protocol'
import { networkSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { architectureForData, architectureOfModel, checkNetwork, proposedNetwork } from './network.ts'
import { ARCHITECTURES, type Architecture, parametersOf } from './zoo.ts'

const of = (layers: Architecture['layers'], change: Partial<Architecture> = {}): Architecture => ({ inputShape: [8, 6, 1], classes: 2, layers, ...change })
const conv = (change: object = {}): Architecture['layers'][number] => ({
  kind: 'conv',
  name: 'conv',
  filters: 2,
  kernel: 3,
  stride: 1,
  padding: 'valid',
  ...change,
})
const flatten = { kind: 'flatten' } as const
const last = { kind: 'dense', name: 'last', units: 2 } as const

test('every network of the zoo is sound, and is found by its name', () => {
  for (const [name, network] of Object.entries(ARCHITECTURES)) {
    expect(checkNetwork(network)).toEqual({ ok: true, value: network })
    expect(architectureOfModel({ architecture: name })).toEqual({ ok: true, value: network })
  }
  expect(architectureOfModel({ architecture: 'gpt' })).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MODEL_UNKNOWN' } })
})

test('a network that is given counts, whatever the zoo has of its name', () => {
  const network = of([flatten, last])
  expect(architectureOfModel({ architecture: 'lenet-5', network })).toEqual({ ok: true, value: network })
})

test.each([
  ['a dense layer that comes before flatten', of([last]), 'layer 1 (“last”) needs a flatten layer before it'],
  ['a convolution after flatten', of([flatten, conv(), last]), 'layer 2 (“conv”) needs height and width'],
  ['a second flatten', of([flatten, flatten, last]), 'layer 2 (flatten) flattens what is flat already'],
  ['a kernel larger than its input', of([conv({ kernel: 7 }), flatten, last]), 'layer 1 (“conv”) looks at 7 x 7 values, and only 8 x 6 come in'],
  [
    'a pool larger than what a convolution leaves',
    of([conv(), { kind: 'max-pool', size: 5 }, flatten, last]),
    'layer 2 (max-pool) looks at 5 x 5 values, and only 6 x 4',
  ],
  ['two layers of one name', of([conv(), conv(), flatten, last]), 'layer 2 (“conv”) has the same name'],
  ['another number of outputs than classes', of([flatten, { ...last, units: 3 }]), 'the last layer has 3 outputs, and there are 2 classes'],
  ['no dense layer at the end', of([flatten, last, { kind: 'relu' }]), 'the last layer must be a dense one'],
  [
    'too many parameters',
    of([flatten, { kind: 'dense', name: 'a', units: 65_536 }, { kind: 'dense', name: 'b', units: 65_536 }, last]),
    'parameters, and 16777216 are the most',
  ],
  [
    'too many values on the way',
    of([conv({ filters: 65_536, padding: 'same' }), conv({ name: 'more', filters: 65_536 }), flatten, last], { inputShape: [12, 12, 1] }),
    'layer 1 (“conv”) works on more than',
  ],
  ['an example that is too wide', of([flatten, last], { inputShape: [1, 65_537, 1] }), 'is too large'],
])('%s is refused in words', (_what, network, words) => {
  expect(checkNetwork(network)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MODEL_NETWORK', detail: expect.stringContaining(words) } })
})

test('a network must take the data and have an output for each class', () => {
  const model = { architecture: 'mine', network: of([flatten, last]) }
  expect(architectureForData(model, { shape: [8, 6, 1], classes: ['a', 'b'] })).toEqual({ ok: true, value: model.network })
  expect(architectureForData(model, { shape: [6, 8, 1], classes: ['a', 'b'] })).toMatchObject({
    failure: { code: 'SHOAL_ERR_MODEL_NETWORK', detail: expect.stringContaining('8 x 6 x 1') },
  })
  expect(architectureForData(model, { shape: [8, 6, 1], classes: ['a', 'b', 'c'] })).toMatchObject({
    failure: { detail: expect.stringContaining('the data have 3') },
  })
  const own = { architecture: 'mine', network: of([flatten, { ...last, units: 3 }], { classes: 3 }) }
  expect(architectureForData(own, { shape: [8, 6, 1], classes: ['a', 'b'] }).ok).toBe(false)
  expect(architectureForData({ architecture: 'lenet-5' }, { shape: [28, 28, 1], classes: ['a', 'b'] }).ok).toBe(true)
  expect(architectureForData({ architecture: 'lenet-5' }, { shape: [28, 28, 1], classes: [...'abcdefghijk'] }).ok).toBe(false)
})

const words = (count: number): string[] => Array.from({ length: count }, (_, index) => `w${index}`)
const image = (shape: [number, number, number], classes: number): DataContract => ({ kind: 'image', shape, classes: words(classes) })
const CONTRACTS: readonly DataContract[] = [
  ...[1, 3, 11, 12, 13, 16, 28, 32, 33, 64, 96, 224].flatMap((side) => [image([side, side, 1], 2), image([side, side + 7, 3], 1000)]),
  ...[1, 9, 500, 50_000].map((entries): DataContract => ({ kind: 'table', shape: [1, entries, 1], classes: words(3), columns: [], label: 'x' })),
  { kind: 'text', shape: [1, 2, 1], classes: ['a', 'b'], alphabet: 'ab', context: 1 },
  { kind: 'text', shape: [64, 200, 1], classes: words(200), alphabet: words(200).join(''), context: 64 },
]
test.each(CONTRACTS.map((contract) => [`${contract.kind} ${contract.shape.join('x')}, ${contract.classes.length} classes`, contract] as const))(
  'a sound network is proposed for %s',
  (_what, contract) => {
    const network: Network = proposedNetwork(contract)
    expect(networkSchema.safeParse(network).success).toBe(true)
    expect(architectureForData({ architecture: 'proposed', network }, contract)).toEqual({ ok: true, value: network })
  },
)

test('pictures are convolved where they are large enough, and MNIST gets what the zoo has for it', () => {
  expect(proposedNetwork(image([28, 28, 1], 10))).toEqual(ARCHITECTURES['cnn-6186'])
  expect(proposedNetwork(image([11, 28, 1], 10)).layers.map(({ kind }) => kind)).toEqual(['flatten', 'dense', 'relu', 'dense'])
  const large = proposedNetwork(image([224, 224, 3], 10))
  expect(large.layers.filter(({ kind }) => kind === 'conv')).toHaveLength(4)
  expect(parametersOf(large).reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0)).toBeLessThan(100_000)
})
