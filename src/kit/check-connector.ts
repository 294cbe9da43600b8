import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { casesOf } from './cases.ts'
import { type Finding, findingOf, type GoldenFiles, type KitOptions } from './finding.ts'

/** Only when it is needed: it is all of Postrider. */
const loadServer = () => import('./server.ts')

export interface CheckOptions extends KitOptions {
  /** The connector's folder: its guide, icon and golden requests. Without it those are skipped. */
  readonly folder?: string
  /** Whether golden requests are written as they are now. Default false. */
  readonly update?: boolean
  /** Told of each finding as it is made. */
  readonly onFinding?: (finding: Finding) => void
}

/** Looks at a connector in all the ways that `testConnector` does, one after the other. Never rejects for what it finds. */
export async function checkConnector(definition: unknown, options: CheckOptions = {}): Promise<Finding[]> {
  const { folder, update = false, onFinding } = options
  const golden = folder === undefined ? undefined : goldenFiles(path.join(folder, 'golden'), update)
  const findings: Finding[] = []
  for (const one of casesOf(definition, options, { folder: () => folder, golden, loadServer })) {
    const finding = await findingOf(one)
    findings.push(finding)
    onFinding?.(finding)
  }
  return findings
}

/** Golden requests alone: what a new connector is given, and no server is needed for. */
export async function writeGolden(definition: unknown, folder: string): Promise<void> {
  const golden = goldenFiles(path.join(folder, 'golden'), true)
  const cases = casesOf(definition, {}, { folder: () => folder, golden, loadServer })
  for (const one of cases) if (one.group === 'golden') await findingOf(one)
}

function goldenFiles(folder: string, update: boolean): GoldenFiles {
  return {
    async compare(name, text) {
      const file = path.join(folder, name)
      if (update) {
        await mkdir(folder, { recursive: true })
        await writeFile(file, text)
        return []
      }
      const kept = await readFile(file, 'utf8').catch(() => undefined)
      if (kept === undefined) return [`golden/${name} is missing: --update writes it`]
      return kept.replaceAll('\r\n', '\n') === text
        ? []
        : [`${firstDifference(kept, text)} (--update when it is meant)`]
    },
  }
}

function firstDifference(kept: string, text: string): string {
  const [before, after] = [kept.split(/\r?\n/), text.split('\n')]
  const at = after.findIndex((line, i) => line !== before[i])
  const line = at < 0 ? after.length : at
  const shown = (lines: readonly string[]) => lines[line]?.trim().replace(/,$/, '') || 'not there'
  return `line ${line + 1} was ${shown(before)}, and is ${shown(after)} now`
}
