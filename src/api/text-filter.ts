import { isStorable } from '../domain/parse-input.ts'
import { apiError } from './mask-error.ts'

/** Entries of one list in a filter. */
const MAX_LISTED = 1_000

/** The texts to look for as they are; refused, with the field's name, when no stored text can be like that. */
export function checkTexts<T extends string | readonly string[] | null | undefined>(field: string, texts: T): T {
  if (Array.isArray(texts) && texts.length > MAX_LISTED) {
    throw apiError('BAD_USER_INPUT', `${field}: holds ${texts.length} entries; at most ${MAX_LISTED}`)
  }
  if ([texts ?? []].flat().every(isStorable)) return texts
  throw apiError('BAD_USER_INPUT', `${field}: holds a NUL character or half a surrogate pair`)
}
