/** Height, width, channels. */
export type PictureShape = readonly [height: number, width: number, channels: number]

/** What was drawn: `ink` 0 (none) to 255 of each point, row after row. */
export interface Drawing {
  readonly width: number
  readonly height: number
  readonly ink: Uint8Array | Uint8ClampedArray
}

/** Ink below this is a brush's faint edge, and no part of the figure. */
const FAINT = 16

/** MNIST (LeCun 1998) fits a figure into 20 of 28 points and puts its centre of mass into the middle of the field. */
const FIGURE_SHARE = 20 / 28

interface Frame {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/**
 * The drawing as a picture of `shape`, white on black: values 0..255, high where ink is, the same in every channel. Grey pictures are made as MNIST's are: the
 * figure is fitted and centred by its mass. Those in colour keep their place in the field. Each point is the mean ink of its area. Null where nothing is drawn.
 */
export function pictureOf(drawing: Drawing, shape: PictureShape): Uint8Array | null {
  const [height, width, channels] = shape
  const figure = figureOf(drawing)
  if (figure === null) return null
  const grey =
    channels === 1
      ? sampleArea(drawing, centredFrame(drawing, figure, { width, height }), width, height)
      : sampleArea(drawing, { left: 0, top: 0, width: drawing.width, height: drawing.height }, width, height)
  const pixels = new Uint8Array(width * height * channels)
  for (let point = 0; point < grey.length; point += 1) pixels.fill(grey[point], point * channels, (point + 1) * channels)
  return pixels
}

/** The smallest frame around all ink. */
function figureOf({ width, height, ink }: Drawing): Frame | null {
  let [left, top, right, bottom] = [width, height, -1, -1]
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      if (ink[y * width + x] >= FAINT) {
        left = Math.min(left, x)
        right = Math.max(right, x)
        top = Math.min(top, y)
        bottom = Math.max(bottom, y)
      }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 }
}

/** The part of the drawing, which may reach beyond it, that fills the field: the figure takes its share, and its centre of mass is the middle as far as no end is cut off. */
function centredFrame({ width, ink }: Drawing, figure: Frame, field: { readonly width: number; readonly height: number }): Frame {
  const scale = Math.max(figure.width / (field.width * FIGURE_SHARE), figure.height / (field.height * FIGURE_SHARE))
  let [mass, massX, massY] = [0, 0, 0]
  for (let y = figure.top; y < figure.top + figure.height; y += 1)
    for (let x = figure.left; x < figure.left + figure.width; x += 1) {
      const value = ink[y * width + x]
      mass += value
      massX += value * (x + 0.5)
      massY += value * (y + 0.5)
    }
  const [across, down] = [field.width * scale, field.height * scale]
  const within = (wanted: number, start: number, size: number, room: number): number => Math.min(start, Math.max(start + size - room, wanted))
  return {
    left: within(massX / mass - across / 2, figure.left, figure.width, across),
    top: within(massY / mass - down / 2, figure.top, figure.height, down),
    width: across,
    height: down,
  }
}

/** The frame's ink in `columns` x `rows` points: each is the mean over its area; beyond the drawing there is none. */
function sampleArea(drawing: Drawing, frame: Frame, columns: number, rows: number): Uint8Array {
  const points = new Uint8Array(columns * rows)
  const [stepX, stepY] = [frame.width / columns, frame.height / rows]
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) {
      const left = frame.left + column * stepX
      const top = frame.top + row * stepY
      points[row * columns + column] = Math.round(inkIn(drawing, { left, top, width: stepX, height: stepY }) / (stepX * stepY))
    }
  return points
}

/** Ink in a frame whose edges may cut points: a point counts by the part of it inside. */
function inkIn({ width, height, ink }: Drawing, { left, top, width: across, height: down }: Frame): number {
  const [right, bottom] = [left + across, top + down]
  let total = 0
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(height, bottom); y += 1) {
    const tall = Math.min(y + 1, bottom) - Math.max(y, top)
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(width, right); x += 1)
      total += ink[y * width + x] * tall * (Math.min(x + 1, right) - Math.max(x, left))
  }
  return total
}
