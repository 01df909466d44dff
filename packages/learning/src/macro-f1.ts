/**
 * Mean F1 over the labels that occur in the set or among the answers: a class that is absent and yet answered counts 0, one that is neither does not
 * count. `confusion` holds classes x classes counts, a row for each true class. Null where nothing was counted.
 */
export function macroF1(confusion: Uint32Array): number | null {
  const classes = Math.sqrt(confusion.length)
  let labels = 0
  let total = 0
  for (let label = 0; label < classes; label += 1) {
    let occurrences = 0
    for (let other = 0; other < classes; other += 1) occurrences += confusion[label * classes + other] + confusion[other * classes + label]
    if (occurrences === 0) continue
    labels += 1
    total += (2 * confusion[label * classes + label]) / occurrences // 2 TP / (2 TP + FN + FP)
  }
  return labels === 0 ? null : total / labels
}
