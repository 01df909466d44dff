import type { VNode } from 'preact'

/** The name, and three fish of a shoal. */
export function Brand(): VNode {
  return (
    <p class="brand">
      <svg viewBox="0 0 32 20" aria-hidden="true">
        <path d="M2 6c4-5 10-5 14 0l4-3v6l-4-3c-4 5-10 5-14 0z" />
        <path d="M14 14c3-4 7-4 10 0l3-2v4l-3-2c-3 4-7 4-10 0z" opacity="0.75" />
        <path d="M3 15c2-3 5-3 7 0l2-1.500v3l-2-1.500c-2 3-5 3-7 0z" opacity="0.5" />
      </svg>
      Shoal
    </p>
  )
}
