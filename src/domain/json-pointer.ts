// RFC 6901.

/** A name as a part of a pointer. */
export function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** What a reference into its own document, such as `#/$defs/a`, leads to; undefined when there is none. */
export function resolveFragment(ref: string, root: unknown): unknown {
  const parts = decodeURIComponent(ref.slice(1)).split('/').slice(1)
  return parts.reduce<unknown>((value, part) => {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
  }, root)
}
