import { readFile, rename, writeFile } from 'node:fs/promises'
import { Unusable } from './failure.ts'

/** The cursor that was kept; undefined when there is no file yet. */
export async function readCursor(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined
    throw new Unusable(`${file} cannot be read`, error)
  })
  if (text === undefined) return undefined
  // Going on from now instead would lose what lies between, and say nothing.
  if (text.trim() === '') throw new Unusable(file, 'it is empty, and no cursor; remove it to begin from now')
  return text.trim()
}

/** All of it or nothing: a command that is killed leaves the cursor of before. */
export async function keepCursor(file: string, cursor: string): Promise<void> {
  const written = `${file}.${process.pid}.tmp`
  try {
    await writeFile(written, `${cursor}\n`)
    await rename(written, file)
  } catch (error) {
    throw new Unusable(`${file} cannot be written`, error)
  }
}
