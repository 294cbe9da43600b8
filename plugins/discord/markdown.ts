/** At most `maxLength` UTF-16 units of well-formed text, never half an escape. */
export function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text.toWellFormed()
  const kept = text.slice(0, Math.max(0, maxLength - 1)).replace(/[\uD800-\uDBFF]$/, '')
  const escapes = /\\*$/.exec(kept)![0].length
  return `${escapes % 2 === 1 ? kept.slice(0, -1) : kept}…`.toWellFormed()
}

/** Plain web addresses are left whole, or their links would lead elsewhere: Discord looks for no markdown inside them. */
const TOKENS = /https?:\/\/[\w.~/?#&=%+:-]+|[\\*_~`|<>#[\]()@-]/g

/** Untrusted text as Discord shows it letter by letter: no formatting, no masked links, no mentions. */
export function escapeMarkdown(text: string): string {
  return text.replace(TOKENS, (token) => {
    if (token.length > 1) return token
    // A backslash does not disarm @everyone; a space of no width does.
    return token === '@' ? '@\u200b' : `\\${token}`
  })
}

const FENCE = '```'

/** What a block of code has beside its text, characters. */
const CODE_OVERHEAD = `${FENCE}json\n\n${FENCE}`.length

export function codeBlock(text: string, maxLength: number): string {
  const unfenced = text.slice(0, maxLength).replaceAll(FENCE, '`\u200b`\u200b`')
  const whole = text.length > maxLength ? `${unfenced} ` : unfenced
  return `${FENCE}json\n${cut(whole, maxLength - CODE_OVERHEAD)}\n${FENCE}`
}
