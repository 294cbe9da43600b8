import { execFileSync } from 'node:child_process'

// Subjects of commits are read in lists and searched by their area. A clone without the history has nothing to check.

/** The last commit from before the rule. */
const BEFORE = 'a86d4f8731cbe17725562d4f316e09860aff0b0c'
const MAX_LENGTH = 72
/** `area: what changes`; an area is a folder or a topic, several are separated by commas. */
const FORM = /^[a-z][a-z0-9/-]*(?:, [a-z][a-z0-9/-]*)*: \S.*[^.\s]$/

const found = subjects().flatMap(({ id, subject }) => {
  if (subject.length > MAX_LENGTH)
    return [`${id} ${subject}\n    has ${subject.length} characters; at most ${MAX_LENGTH}`]
  return FORM.test(subject)
    ? []
    : [`${id} ${subject}\n    is not of the form "area: what changes", without a full stop`]
})
if (found.length > 0) {
  console.error(`Subjects of commits (scripts/check-commits.ts):\n${found.join('\n')}`)
  process.exit(1)
}

function subjects(): { id: string; subject: string }[] {
  const log = git('log', '--no-merges', '--format=%h %s', `${BEFORE}..HEAD`)
  return log
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [id = '', ...words] = line.split(' ')
      return { id, subject: words.join(' ') }
    })
}

/** The output of git. Empty where git, the repository or that commit is missing, as in a tarball or a shallow clone. */
function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return ''
  }
}
