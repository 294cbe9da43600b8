import { readFileSync } from 'node:fs'

// The reading list of CONTRIBUTING.md stays short enough to be read in a sitting, and names files that exist.

const MAX_FILES = 30
const MAX_LINES = 3_800

const page = readFileSync('CONTRIBUTING.md', 'utf8')
const section = /^## Read the core\n([\s\S]*?)^## /m.exec(page)?.[1] ?? ''
const links = section.matchAll(/\]\((src\/[^)]+\.ts)\)/g)
const files = [...new Set([...links].map((match) => match[1]!))]
const lines = files.reduce((sum, file) => sum + readFileSync(file, 'utf8').split('\n').length - 1, 0)
if (files.length === 0 || files.length > MAX_FILES || lines > MAX_LINES) {
  console.error(
    `The reading list of CONTRIBUTING.md has ${files.length} files of ${lines} lines; ` +
      `at most ${MAX_FILES} files and ${MAX_LINES} lines (scripts/check-reading-list.ts)`,
  )
  process.exit(1)
}
