import { type DataContract, type Digest, failed, type Result, succeeded } from '@shoal/protocol'
import { FailureNote } from '@shoal/ui'
import type { VNode } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { pixelsOf, samplesIn } from './generated-sample.ts'
import { useLookUp } from './looked-up.ts'

/** More classes are not drawn. */
const MOST_SHOWN = 60

/** One example of each class as the expert's generator draws it now. */
export function GeneratedSamples({ digest, data }: { digest: Digest; data: DataContract }): VNode {
  return (
    <>
      <h4>What the generator draws</h4>
      <p class="quiet">
        One example of each class, drawn by the generator that the expert learned from. It has seen nobody’s data, only the models; so what it draws is as
        sensitive as the models are.
      </p>
      {data.kind === 'image' ? (
        <Pictures digest={digest} data={data} />
      ) : (
        <p class="quiet">Of {data.kind === 'text' ? 'texts' : 'tables'} these are rows of numbers, and no picture: they are not shown here.</p>
      )}
    </>
  )
}

function Pictures({ digest, data }: { digest: Digest; data: DataContract }): VNode | null {
  const { value: samples, failure } = useLookUp(() => fetchSamples(digest, data), digest)
  if (samples === null) return failure === null ? null : <FailureNote title="The examples could not be fetched." failure={failure} />
  return (
    <ul class="samples">
      {data.classes.slice(0, MOST_SHOWN).map((name, place) => (
        <li key={name}>
          <Picture samples={samples} data={data} place={place} />
          {name}
        </li>
      ))}
    </ul>
  )
}

function Picture({ samples, data: { shape, classes }, place }: { samples: Float32Array; data: DataContract; place: number }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [height, width] = shape
  useLayoutEffect(() => {
    canvas.current?.getContext('2d')?.putImageData(new ImageData(pixelsOf(samples, shape, place), width, height), 0, 0)
  }, [samples, shape, place])
  return <canvas ref={canvas} width={width} height={height} role="img" aria-label={`What the generator draws for ${classes[place]}`} />
}

async function fetchSamples(digest: Digest, data: DataContract): Promise<Result<Float32Array>> {
  try {
    const response = await fetch(`/models/${digest}`)
    if (!response.ok) return failed('SHOAL_ERR_NOT_FOUND')
    const samples = samplesIn(await response.arrayBuffer(), data)
    return samples === null ? failed('SHOAL_ERR_MALFORMED', 'examples of the generator') : succeeded(samples)
  } catch {
    return failed('SHOAL_ERR_UNREACHABLE')
  }
}
