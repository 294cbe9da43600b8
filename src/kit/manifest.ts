import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { ConnectorDefinition } from '../connector/define-connector.ts'
import { connectorOf } from '../connector/registry.ts'
import { messageOf } from '../domain/message-of.ts'
import type { Case, Verdict } from './finding.ts'

/** What the definition says of itself, and what lies beside it. `folder` is asked when a case runs. */
export function manifestCases(given: unknown, folder: () => string | undefined): Case[] {
  const group = 'manifest'
  return [
    { group, name: 'it is a connector', run: () => whatIsWrong(given) },
    { group, name: 'its texts fit into a list', run: () => textProblems(given) },
    { group, name: 'there are samples', run: () => samplesThere(given) },
    { group, name: 'a set-up guide, an icon and the package lie beside it', run: () => fileProblems(given, folder()) },
  ]
}

function whatIsWrong(given: unknown): string[] {
  try {
    const { definition, major } = connectorOf(given)
    const missing = Array.from({ length: major - 1 }, (_, i) => i + 1).filter((from) => !definition.migrate?.[from])
    return missing.map((from) => `migrate does not say how settings of version ${from} become those of ${from + 1}`)
  } catch (error) {
    return [messageOf(error)]
  }
}

const MAX_NAME = 40
const MAX_DESCRIPTION = 200

function textProblems(given: unknown): string[] {
  const { displayName, description } = Object(given) as Partial<ConnectorDefinition>
  return [
    ...(isText(displayName, MAX_NAME) ? [] : [`displayName is a text of 1 to ${MAX_NAME} characters in one line`]),
    ...(isText(description, MAX_DESCRIPTION)
      ? []
      : [`description is a text of 1 to ${MAX_DESCRIPTION} characters in one line`]),
  ]
}

function isText(value: unknown, max: number): boolean {
  return typeof value === 'string' && value.trim() === value && /^[^\n\r]+$/.test(value) && value.length <= max
}

function samplesThere(given: unknown): string[] {
  const { samples, credentials, classify } = Object(given) as Partial<ConnectorDefinition>
  if (!samples) return ['samples are missing: config, credentials, rejects, responses']
  return [
    ...(credentials && samples.credentials === undefined ? ['samples.credentials are missing'] : []),
    ...((samples.rejects ?? []).length === 0 ? ['samples.rejects are missing: settings that must be refused'] : []),
    ...(classify && (samples.responses ?? []).length === 0
      ? ['samples.responses are missing: answers of the service, which classify reads']
      : []),
  ]
}

/** The smallest guide that can tell a person anything. */
const LEAST_GUIDE = 200

function fileProblems(given: unknown, folder: string | undefined): Verdict {
  if (!folder) return { skipped: 'it was given without a folder' }
  const read = (name: string) =>
    existsSync(path.join(folder, name)) ? readFileSync(path.join(folder, name), 'utf8') : ''
  return [
    ...(read('README.md').trim().length >= LEAST_GUIDE
      ? []
      : [`README.md is the set-up guide that the API serves: ${LEAST_GUIDE} characters at least`]),
    ...iconProblems(read('icon.svg')),
    ...packageProblems(read('package.json'), String(Object(given).key)),
  ]
}

function iconProblems(svg: string): string[] {
  if (!/^\s*<svg\b/.test(svg)) return ['icon.svg is an SVG drawing']
  return [
    ...(/viewBox="0 0 24 24"/.test(svg) ? [] : ['icon.svg has viewBox="0 0 24 24"']),
    ...(svg.includes('currentColor')
      ? []
      : ['icon.svg is drawn in currentColor, so that it fits light and dark pages']),
    ...(/<script|\son\w+=|<foreignObject|(?:href|src)=/i.test(svg)
      ? ['icon.svg holds nothing that loads or runs']
      : []),
  ]
}

/** A package has to say what destinations call it, for when it does not load. */
function packageProblems(text: string, key: string): string[] {
  if (!text) return []
  const named = (JSON.parse(text) as { postrider?: { connector?: unknown } }).postrider?.connector
  return named === key ? [] : [`package.json has "postrider": { "connector": "${key}" }`]
}
