import { runLabelSwap } from './cfl/label-swap.ts'

for (const examples of process.argv[2].split(',').map(Number))
  for (const seed of process.argv[3].split(',').map(Number)) {
    const t = performance.now()
    const r = await runLabelSwap({ examples, seed }, new AbortController().signal)
    console.log(`n=${examples} seed=${seed} ${((performance.now() - t) / 1000).toFixed(1)}s`)
    for (const i of [0, 1, 2, 4, 9, 14, 19, 29, 39, 49]) {
      const x = r[i]
      if (x)
        console.log(
          `  r${i + 1} g ${x.gap.toFixed(3)} cross ${x.cross.toFixed(3)} ${x.isCorrect} grad ${x.gradientGap.toFixed(3)} mean ${x.meanNorm.toFixed(3)} max ${x.maxNorm.toFixed(3)}`,
        )
    }
  }
