import type { Bundle, ZObject } from 'zapier-platform-core'

/** What a person entered in a field, without the blanks around it; '' for nothing. */
export function textOf({ inputData }: Pick<Bundle, 'inputData'>, field: string): string {
  const value = inputData[field]
  return value === undefined || value === null ? '' : String(value).trim()
}

/** Zapier's editor asks for what is required; a Zap made by other means may be without. */
export function requireText(z: ZObject, bundle: Pick<Bundle, 'inputData'>, field: string): string {
  const text = textOf(bundle, field)
  if (text === '') throw new z.errors.Error(`${field}: is required`, 'REQUIRED', 400)
  return text
}
