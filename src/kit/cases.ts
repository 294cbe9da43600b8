import type { ConnectorDefinition } from '../connector/define-connector.ts'
import { messageOf } from '../domain/message-of.ts'
import { fastCases, pureCases } from './build.ts'
import { classifyCases } from './classify.ts'
import { containedCases } from './contained.ts'
import { type Case, type GoldenFiles, type Group, groups, type KitOptions } from './finding.ts'
import { goldenCases } from './golden.ts'
import { hostileCases } from './hostile.ts'
import { type LoadServer, liveCases } from './live.ts'
import { manifestCases } from './manifest.ts'
import { samplesCases } from './samples.ts'
import { schemaCases } from './schema.ts'
import { secretsCases } from './secrets.ts'
import { type Subject, subjectOf } from './subject.ts'

/** What the cases find around them. */
export interface Surroundings {
  readonly loadServer: LoadServer
  /** Where the connector's files are. Asked when a case runs: a test file knows its own place only then. */
  readonly folder: () => string | undefined
  readonly golden: GoldenFiles | undefined
}

/** Everything that is looked at. Never throws: what cannot be tried is skipped, with the reason. */
export function casesOf(given: unknown, options: KitOptions, { folder, golden, loadServer }: Surroundings): Case[] {
  const manifest = manifestCases(given, folder)
  let subject: Subject
  try {
    subject = subjectOf(given)
  } catch (error) {
    const skipped = `it cannot be tried: ${messageOf(error)}`
    const found = sampled(given)
    const rest = groups.filter((group) => group !== 'manifest' && !found.some((one) => one.group === group))
    return [
      ...manifest,
      ...found,
      ...rest.map((group: Group): Case => ({ group, name: 'everything', run: () => ({ skipped }) })),
    ]
  }
  return [
    ...manifest,
    ...schemaCases(subject.connector),
    ...samplesCases(subject.connector.definition),
    ...secretsCases(subject),
    ...pureCases(subject),
    ...fastCases(subject),
    ...goldenCases(subject, golden),
    ...classifyCases(subject),
    ...containedCases(subject),
    ...hostileCases(subject, options),
    ...liveCases(subject, { ...options, loadServer }),
  ]
}

/** Why samples are refused is said by their own group. */
function sampled(given: unknown): Case[] {
  try {
    return samplesCases(given as ConnectorDefinition)
  } catch {
    return []
  }
}
