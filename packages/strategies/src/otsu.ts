/**
 * Otsu's threshold (1979): the cut of a histogram that maximises the variance between its two sides, among the cuts that leave `smallestPart` on either side.
 * `counts`: how many per bin. Returns how many bins lie left of the cut (the middle one, where an empty stretch makes several cuts equal); null where no cut
 * leaves enough, or all lies in one bin.
 */
export function otsu(counts: ArrayLike<number>, smallestPart: number): number | null {
  let total = 0
  let moment = 0
  for (let bin = 0; bin < counts.length; bin += 1) {
    total += counts[bin]
    moment += counts[bin] * bin
  }
  let left = 0
  let leftMoment = 0
  let best = 0
  let first = 0
  let last = 0
  for (let bin = 0; bin < counts.length - 1; bin += 1) {
    left += counts[bin]
    leftMoment += counts[bin] * bin
    const right = total - left
    if (!(left >= smallestPart && right >= smallestPart && left > 0 && right > 0)) continue
    const between = left * right * (leftMoment / left - (moment - leftMoment) / right) ** 2
    if (between > best) [best, first, last] = [between, bin + 1, bin + 1]
    else if (between === best && last === bin) last = bin + 1
  }
  return best > 0 ? Math.floor((first + last) / 2) : null
}
