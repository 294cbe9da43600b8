import { isStorable } from '../domain/parse-input.ts'
import { apiError } from './mask-error.ts'

/** The texts to look for as they are; refused, with the field's name, when no stored text can be like that. */
export function checkTexts<T extends string | readonly string[] | null | undefined>(field: string, texts: T): T {
  if ([texts ?? []].flat().every(isStorable)) return texts
  throw apiError('BAD_USER_INPUT', `${field}: holds a NUL character or half a surrogate pair`)
}
