/** What the browser's graphics interfaces say about themselves. Works in a page, in a worker, and where there are none. */

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|microsoft basic/i

/** Whether a renderer's name is that of a processor pretending to be a GPU. */
export const isSoftware = (renderer: string): boolean => SOFTWARE.test(renderer)

/** The WebGPU interface of a page or worker; undefined where there is none, as in Node and on plain http. */
export const gpuOf = (host: { navigator?: { gpu?: GPU } }): GPU | undefined => host.navigator?.gpu

export function rendererOfWebGpu(adapter: GPUAdapter): string {
  const { description, vendor, architecture, device } = adapter.info
  return description || [vendor, architecture, device].filter((word) => word !== '').join(' ') || 'webgpu'
}

/** The unmasked name of the WebGL 2 renderer; null if there is no WebGL 2. The context it asks is given back: a browser grants few. */
export function webGlRenderer(): string | null {
  const context =
    typeof OffscreenCanvas === 'undefined' ? globalThis.document?.createElement('canvas').getContext('webgl2') : new OffscreenCanvas(1, 1).getContext('webgl2')
  if (!context) return null
  const unmasked = context.getExtension('WEBGL_debug_renderer_info')
  const name: unknown = context.getParameter(unmasked ? unmasked.UNMASKED_RENDERER_WEBGL : context.RENDERER)
  context.getExtension('WEBGL_lose_context')?.loseContext()
  return typeof name === 'string' && name !== '' ? name : 'webgl'
}
