import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'

// Comments and pages use words that every reader knows. Beside each pattern stands what to say instead.

const patterns: readonly [pattern: RegExp, instead: string][] = [
  [/\b(?:door)?bells?\b/i, 'notifier, notification or wake-up'],
  [/\bupkeep\b/i, 'maintenance'],
  [/\broll(?:ed|ing|s)?[- ]?up\b/i, 'counting, or statistics'],
  [/\bpatien(?:ce|t|tly)\b/i, 'what waits, for what, and how long'],
  [/\boutlooks?\b/i, 'when the next delivery is due'],
  [/\bgate[ds]?\b/i, 'hold, held or release'],
  [/\bin hand\b/i, 'leased, or in flight'],
  [/\bwho(?:m)?ever\b/i, 'who: the caller, the process, anyone who'],
  [/\bwhat of\b/i, 'the noun'],
  [/\bof which\b/i, 'whose, or make it two sentences'],
  [/\bthat there (?:is|are)(?= not\b|[.,;])/i, 'the noun alone'],
  [/(?<!\bthere )\bis no (?!longer\b)[a-z]+/i, '"is not a"'],
  [/\b(?:for|after) so long\b/i, 'how long'],
  [/\bso many\b/i, 'how many: "this number of", "as many as"'],
]

const COMMENT_OR_STRING = /(\/\*[\s\S]*?\*\/|\/\/[^\n]*)|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g

/** The text with everything but comments blanked out, line by line. */
function comments(text: string): string {
  let kept = ''
  let end = 0
  for (const match of text.matchAll(COMMENT_OR_STRING)) {
    kept += blank(text.slice(end, match.index)) + (match[1] ?? blank(match[0]))
    end = match.index + match[0].length
  }
  return kept + blank(text.slice(end))
}

/** A page without its code. */
function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```|`[^`\n]*`/gm, blank)
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ')
}

const found: string[] = []
const files = '{{src,plugins,test,scripts,docs}/**/*.{ts,tsx,md},*.{ts,md}}'
for await (const file of glob(files, { exclude: ['**/{node_modules,golden,generated,dist}/**'] })) {
  if (file === 'scripts/check-words.ts') continue
  const text = readFileSync(file, 'utf8')
  const lines = (file.endsWith('.md') ? prose(text) : comments(text)).split('\n')
  for (const [n, line] of lines.entries()) {
    for (const [pattern, instead] of patterns) {
      const match = pattern.exec(line)
      if (match) found.push(`${file}:${n + 1}: "${match[0]}": say ${instead}\n    ${line.trim()}`)
    }
  }
}
if (found.length > 0) {
  console.error(`Words to replace (scripts/check-words.ts):\n${found.join('\n')}`)
  process.exit(1)
}
