import type { DataContract } from '@shoal/protocol'

type Shape = DataContract['shape']

/** An example as a generator drew it, as a canvas takes it: 4 bytes a pixel. Values 0..1; one channel is grey, of more than three the first three count. */
export function pixelsOf(samples: Float32Array, [height, width, channels]: Shape, place: number): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * height * width)
  const first = place * height * width * channels
  for (let pixel = 0; pixel < height * width; pixel += 1) {
    for (let colour = 0; colour < 3; colour += 1) {
      const channel = channels < 3 ? 0 : colour
      pixels[4 * pixel + colour] = Math.round(255 * (samples[first + pixel * channels + channel] ?? 0))
    }
    pixels[4 * pixel + 3] = 255
  }
  return pixels
}

/** The numbers in what was fetched; null where these are not one example for each class. */
export function samplesIn(bytes: ArrayBuffer, { shape, classes }: Pick<DataContract, 'shape' | 'classes'>): Float32Array | null {
  const [height, width, channels] = shape
  return bytes.byteLength === 4 * classes.length * height * width * channels ? new Float32Array(bytes) : null
}
