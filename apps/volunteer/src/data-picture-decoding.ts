import { channelsOf, letterbox } from './data-pictures.ts'

/** Reads a picture file in the given shape: all of it is kept, margins are black, and so is what was transparent. Throws where the browser can not read it. */
export async function decodePicture(file: Blob, shape: readonly [height: number, width: number, channels: number]): Promise<Uint8Array> {
  const [height, width, channels] = shape
  const bitmap = await createImageBitmap(file)
  try {
    const context = fieldOf(width, height)
    if (context === null) throw new Error('this browser draws nothing')
    const place = letterbox(bitmap, { width, height })
    context.fillStyle = '#000'
    context.fillRect(0, 0, width, height)
    context.imageSmoothingQuality = 'high'
    context.drawImage(bitmap, place.left, place.top, place.width, place.height)
    return channelsOf(context.getImageData(0, 0, width, height).data, channels)
  } finally {
    bitmap.close()
  }
}

function fieldOf(width: number, height: number): CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null {
  const settings: CanvasRenderingContext2DSettings = { willReadFrequently: true }
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(width, height).getContext('2d', settings)
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  return canvas.getContext('2d', settings)
}
