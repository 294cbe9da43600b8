import { type IExecuteFunctions, NodeOperationError } from 'n8n-workflow'

/** A time that a person has picked, or an expression made, for the API. Without an offset it is meant in the workflow's zone. */
export function readTime(context: IExecuteFunctions, given: unknown, itemIndex: number): string {
  const text = String(given)
  const hasOffset = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(text)
  const timeMs = hasOffset ? Date.parse(text) : localTimeMs(text, context.getTimezone())
  if (!Number.isNaN(timeMs)) return new Date(timeMs).toISOString()
  throw new NodeOperationError(context.getNode(), `"${text}" is no time such as 2026-01-31T09:00:00`, { itemIndex })
}

function localTimeMs(text: string, timeZone: string): number {
  // A date alone is the start of its day.
  const [day, time = '00:00:00'] = text.split(/[T ]/)
  const asUtcMs = Date.parse(`${day}T${time}Z`)
  if (Number.isNaN(asUtcMs)) return asUtcMs
  // The offset can change between the first guess and the time meant, when a clock is put forward or back.
  const guessMs = asUtcMs - offsetMs(asUtcMs, timeZone)
  return asUtcMs - offsetMs(guessMs, timeZone)
}

/** How far the clocks of a zone are ahead of UTC. */
function offsetMs(timeMs: number, timeZone: string): number {
  const numeric = '2-digit'
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  }).formatToParts(timeMs)
  const part = (type: string) => Number(parts.find((candidate) => candidate.type === type)?.value)
  const localMs = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  return localMs - Math.floor(timeMs / 1_000) * 1_000
}
