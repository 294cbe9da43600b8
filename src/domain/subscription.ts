const EVENT_TYPE_NAME = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/

export const MAX_EVENT_TYPE_LENGTH = 128

/** Event type names are dotted words: `inquiry.received`. */
export function isEventTypeName(name: string): boolean {
  return name.length <= MAX_EVENT_TYPE_LENGTH && EVENT_TYPE_NAME.test(name)
}

/** A subscription is a type's name, or a prefix that ends in `.*`: `inquiry.*`. */
export function isSubscription(pattern: string): boolean {
  return isEventTypeName(pattern.endsWith('.*') ? pattern.slice(0, -2) : pattern)
}
