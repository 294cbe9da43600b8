import { isIP } from 'node:net'
import { type Allow, isNameExcepted, mayDial } from './allow.ts'
import { foldHostname } from './hostname.ts'

/** The rules that differ by installation and by delivery profile. */
export interface UrlRules {
  readonly allow: Allow
  /** False where the delivery profile lets plain http through. */
  readonly httpsOnly: boolean
}

/** A URL that may be called, as far as its text tells; or why not, as a sentence for the user. */
export type VettedUrl = { readonly url: URL } | { readonly problem: string }

/** The rules on the text of a URL. A name that passes can still resolve to a refused address: the dialer vets those. */
export function vetUrl(text: string, rules: UrlRules): VettedUrl {
  const url = URL.parse(text)
  if (!url) return { problem: 'The URL is not valid' }
  const problem = schemeProblem(url, rules.httpsOnly) ?? authorityProblem(url) ?? hostProblem(url, rules.allow)
  return problem === undefined ? { url } : { problem }
}

function schemeProblem({ protocol }: URL, httpsOnly: boolean): string | undefined {
  if (protocol === 'https:' || (protocol === 'http:' && !httpsOnly)) return undefined
  return httpsOnly ? 'The URL must begin with https://' : 'The URL must begin with https:// or http://'
}

function authorityProblem({ username, password, port }: URL): string | undefined {
  if (username !== '' || password !== '') return 'The URL must not hold a user name or a password'
  if (port === '0') return 'The URL must not name port 0'
  return undefined
}

function hostProblem(url: URL, allow: Allow): string | undefined {
  const hostname = foldHostname(url.hostname)
  if (hostname === '') return 'The URL must name a host'
  if (isIP(hostname) !== 0) {
    return mayDial(allow, hostname, hostname) ? undefined : 'The URL must not point to a private or reserved address'
  }
  return isInternalName(hostname) && !isNameExcepted(allow, hostname)
    ? 'The URL must not point to an internal host name'
    : undefined
}

function isInternalName(hostname: string): boolean {
  if (!hostname.includes('.')) return true
  return internalSuffixes.some((suffix) => hostname === suffix.slice(1) || hostname.endsWith(suffix))
}

/** RFC 6761, RFC 6762, RFC 8375, ICANN's .internal, and the names of Kubernetes services. */
const internalSuffixes = ['.localhost', '.internal', '.local', '.svc', '.cluster.local', '.home.arpa']
