/**
 * Time of the noise that level masked+dp adds to every word: nanoseconds a sample, by variance, words from WebCrypto. Exits with 1 where one takes longer than LIMIT_NS.
 * `node tests/bench/noise.mjs` after a build.
 */
import { addSkellam } from '@shoal/privacy'
import { printTable } from './shared/result-file.mjs'

const SAMPLES = 1_000_000
const REPEATS = 3
const LIMIT_NS = 500

/** @param {number} count */
const words = (count) => crypto.getRandomValues(new Uint32Array(count))

const rows = [1, 18, 400, 1e6, 1e12].map((variance) => {
  const target = new Int32Array(SAMPLES)
  const seconds = Array.from({ length: REPEATS }, () => {
    const start = performance.now()
    addSkellam(target, variance, words)
    return (performance.now() - start) / 1000
  })
  const best = Math.min(...seconds)
  return { variance, 'ns a sample': Math.round((best * 1e9) / SAMPLES), 's a million': best.toFixed(2) }
})
printTable(rows)
if (rows.some((row) => row['ns a sample'] > LIMIT_NS)) process.exitCode = 1
