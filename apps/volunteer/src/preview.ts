import { type LabelledImages, pixelsPerImage } from '@shoal/data'

const PREVIEW_PICTURES = 12
const GAP = 2

/** The first pictures side by side, pixel for pixel; grey ones and those of three or four channels. */
export function drawPreview(canvas: HTMLCanvasElement, { count, shape, pixels }: LabelledImages): void {
  const [height, width, channels] = shape
  const shown = Math.min(count, PREVIEW_PICTURES)
  canvas.width = shown * (width + GAP) - GAP
  canvas.height = height
  const context = canvas.getContext('2d')
  for (let picture = 0; picture < shown; picture += 1) {
    const image = new ImageData(width, height)
    const start = picture * pixelsPerImage(shape)
    for (let pixel = 0; pixel < width * height; pixel += 1) {
      for (let channel = 0; channel < 3; channel += 1) image.data[pixel * 4 + channel] = pixels[start + pixel * channels + (channels < 3 ? 0 : channel)]
      image.data[pixel * 4 + 3] = 255
    }
    context?.putImageData(image, picture * (width + GAP), 0)
  }
}
