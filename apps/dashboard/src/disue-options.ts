import { choice, count, number, type StrategyOption } from './strategy-option.ts'

/** What the making of an expert (DisUE) can be told, whatever strategy it stands beside. An empty choice leaves it to the server. */
export const DISUE_OPTIONS: readonly StrategyOption[] = [
  {
    ...choice('start', 'What groups go on from', 'In every round that follows. What serves a group stays its own model.', [
      ['', 'What suits the strategy (usual)'],
      ['universal', 'All from the expert, as in the paper'],
      ['mix', 'Part of the way from their own model to the expert'],
      ['shadow', 'Their own model: the expert is for newcomers alone'],
      ['candidate', 'The expert is one more model that devices try (IFCA only)'],
    ]),
    place: 'first',
  },
  {
    ...count(
      'every',
      'Rounds from one distillation to the next',
      'More spare the server. In between the average of the groups’ models stands for the expert.',
      1,
      1,
      1000,
    ),
    place: 'first',
  },
  {
    ...count(
      'iterations',
      'Turns of a distillation (I)',
      'More are not always better: what was gained has been seen to fade after 10 to 30. 0: the average alone.',
      10,
      0,
      1000,
    ),
    place: 'first',
  },
  {
    ...count('channels', 'Width of the generator (ngf)', 'Relatives of the paper have 64, which takes this server several times as long.', 8, 1, 256),
    place: 'first',
  },
  {
    name: 'isGated',
    kind: 'switch',
    label: 'An expert that is no better than the average',
    hint: 'Judged on examples of the generator, then by the volunteers’ devices. The gate is ours, not the paper’s.',
    usual: true,
    on: 'Is thrown away (usual)',
    off: 'Is taken all the same',
    place: 'first',
  },
  number('mix', 'How far towards the expert (beta)', 'Where groups go on from a part of it.', 0.5, 0, 1),
  number(
    'gateMargin',
    'Harm that is let pass',
    'Share of right answers by which the expert may stay below the average; below that the next distillation is a gentler one.',
    0.02,
    0,
    1,
  ),
  count('generatorSteps', 'Steps of the generator in a turn (g)', 'It learns to draw examples that the groups’ models recognise.', 1, 0, 100),
  count('studentSteps', 'Steps of the expert in a turn (s)', 'It learns to answer as the groups’ models do.', 5, 1, 100),
  count('batchSize', 'Examples of a step (B)', 'So many are drawn together.', 64, 1, 1024),
  number('temperature', 'Temperature (tau)', 'Higher: what the models hold for second best counts more.', 1, 0.1, 100),
  number('fidelity', 'Weight of being recognised (l_fid)', 'Examples are what the models take them for.', 1, 0, 100),
  number('adversarial', 'Weight of being hard (l_adv)', 'Examples on which the expert still answers otherwise.', 0.1, 0, 100),
  number('diversity', 'Weight of being various (l_div)', 'Against a generator that draws one picture for all.', 1, 0, 100),
  number('batchNorm', 'Weight of batch statistics (l_bn)', '1 for models with batch normalisation.', 0, 0, 100),
  choice('disagreement', 'How “hard” is measured', 'Between the expert’s answers and those of the groups’ models.', [
    ['kl', 'Divergence of the answers (usual)'],
    ['l1', 'Difference of the scores'],
    ['kl-masked', 'Divergence, only where the answer is another'],
  ]),
  number('generatorRate', 'Learning rate of the generator', 'Of Adam.', 0.001, 0, 1),
  number('studentRate', 'Learning rate of the expert', 'Of descent with momentum 0.9.', 0.003, 0, 1),
  count('noise', 'Numbers that an example is drawn from (nz)', 'By chance.', 100, 1, 1024),
  count('warmUp', 'Steps of a new generator before the first turn', 'A generator that knows nothing yet does harm.', 60, 0, 10_000),
  choice('sampler', 'Which classes are drawn (GLS)', 'The second is for comparison.', [
    ['counts', 'As often as volunteers have them (usual)'],
    ['uniform', 'All alike'],
  ]),
  choice('weighting', 'Which model is believed (GWF)', 'The second is for comparison, and loses much.', [
    ['counts', 'For each class the group that has most of it (usual)'],
    ['uniform', 'All alike'],
  ]),
  count('mostTeachers', 'Groups asked in a turn, at most', 'Where there are more, they are drawn by their size.', 16, 1, 64),
  number('largestWeight', 'Largest say of one group in a class', '0.9 where a group may not be trusted; 1: no bound.', 1, 0.5, 1),
]

/** What is wrong between the strategy and its expert. */
export function expertConflictsOf(
  strategy: string,
  { heads }: Readonly<Record<string, unknown>>,
  expert: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const start = expert.start ?? (strategy === 'ifca' ? 'candidate' : null)
  if (start !== 'candidate') return {}
  if (strategy !== 'ifca') return { start: 'Only IFCA’s devices choose among models.' }
  return typeof heads === 'number' && heads > 0 ? { start: 'Not where groups share their first layers: choose another, or set those of each group to 0.' } : {}
}
