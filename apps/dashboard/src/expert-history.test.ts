import { expect, test } from 'vitest'
import { expertCurvesOf, expertInWords, expertTable, lastDistillationOf } from './expert-history.ts'
import { roundOf } from './testing-view.ts'

const digest = 'a'.repeat(64) as NonNullable<Parameters<typeof expertInWords>[0]['expert']>['model']
const metrics = { accuracy: 0.9, loss: 0.4 }
const rounds = [
  roundOf(0, { metrics, notes: ['Cluster 0 splits.'] }),
  roundOf(1, {
    metrics,
    signals: { ratio: 0.2, klBefore: 0.42, klAfter: 0.1234, fidelity: 0.05, distilSeconds: 6.28, expertAccuracy: 0.81, averageAccuracy: 0.77 },
    notes: ['Cluster 1 stays.', 'The expert is taken: 81.0 % right, where the average of the clusters has 77.0 %.'],
  }),
  roundOf(2, { metrics: { accuracy: 0.91, loss: 0.4 } }),
]

test('groups, expert and average stand side by side; what was not measured is a gap', () => {
  expect(expertCurvesOf(rounds).map(({ values }) => values)).toEqual([
    [0.9, 0.9, 0.91],
    [null, 0.81, null],
    [null, 0.77, null],
  ])
  expect(expertTable(rounds).rows.slice(0, 2)).toEqual([
    [2, 0.91, null, null, null, null, null, null, ''],
    [1, 0.9, 0.81, 0.77, 0.42, 0.1234, 0.05, 6.28, 'The expert is taken: 81.0 % right, where the average of the groups has 77.0 %.'],
  ])
})

test('the last distillation is told in the server’s words, with its figures', () => {
  expect(lastDistillationOf(rounds)).toEqual({
    round: 1,
    sentence: 'The expert is taken: 81.0 % right, where the average of the groups has 77.0 %.',
    facts: [
      { title: 'From the groups’ answers (divergence)', words: '0.420 nats before, 0.123 nats after' },
      { title: 'How sure the models are of what was drawn (fidelity)', words: '0.050 nats; lower is surer' },
      { title: 'The server worked on it for', words: '6.3 s' },
    ],
  })
  expect(lastDistillationOf(rounds.slice(0, 1))).toBeNull()
})

test('an expert that was refused says why, whatever was measured', () => {
  const notes = ['No expert: the distillation came to nothing (SHOAL_ERR_COMPUTE_FAILED).', 'Clusters disagree on labels: each goes on from its own model.']
  expect(lastDistillationOf([roundOf(3, { notes })])).toEqual({
    round: 3,
    sentence: 'No expert: the distillation came to nothing (SHOAL_ERR_COMPUTE_FAILED). Groups disagree on labels: each goes on from its own model.',
    facts: [],
  })
})

test.each([
  [{ models: [digest] }, true, 'Not made yet: it takes the models of two groups or more.'],
  [{ models: [digest, digest] }, true, 'Not made yet: it is when the next round ends.'],
  [{ models: [digest, digest] }, false, null],
  [{ models: [digest] }, null, null],
  [{ models: [digest, digest], expert: { model: digest, samples: null } }, null, 'It serves who has no group yet'],
])('%# of an expert is said what is known', (view, isAsked, words) => {
  const said = expertInWords(view, isAsked)
  expect(words === null ? said : said?.startsWith(words)).toBe(words === null ? null : true)
})
