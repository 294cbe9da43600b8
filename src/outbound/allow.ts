import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { type Address, isPublicAddress, parseAddress } from './address.ts'
import { foldHostname } from './hostname.ts'

/** The operator's exceptions from the rules, parsed. */
export interface Allow {
  /** Names that may be called whatever they resolve to, lower case, without a trailing dot. */
  readonly hostnames: ReadonlySet<string>
  readonly ranges: readonly (readonly [Address, number])[]
}

/** An entry of POSTRIDER_OUTBOUND_ALLOW that is not a CIDR, an address or a host name. The message names it. */
export class OutboundAllowInvalid extends Error {
  override readonly name = 'OutboundAllowInvalid'
}

/** Parses CIDRs, single addresses and host names (exact, no wildcards); throws OutboundAllowInvalid for the rest. */
export function parseAllow(entries: readonly string[]): Allow {
  const hostnames = new Set<string>()
  const ranges: [Address, number][] = []
  for (const entry of entries) {
    if (entry.includes('/') || isIP(entry) !== 0) ranges.push(parseRange(entry))
    else hostnames.add(parseHostname(entry))
  }
  return { hostnames, ranges }
}

/** Whether this address may be dialled for a URL with this (folded) host name. */
export function mayDial(allow: Allow, hostname: string, addressText: string): boolean {
  const address = parseAddress(addressText)
  if (!address) return false
  return isPublicAddress(address) || allow.hostnames.has(hostname) || isInRanges(allow, address)
}

/** Whether the name may be called although the name rules refuse it. Its addresses are vetted all the same. */
export function isNameExcepted(allow: Allow, hostname: string): boolean {
  if (allow.hostnames.has(hostname)) return true
  // RFC 6761: localhost is loopback and nothing else, so who opened loopback by address has opened the name.
  return hostname === 'localhost' && (isInRanges(allow, loopbackV4) || isInRanges(allow, loopbackV6))
}

function isInRanges(allow: Allow, address: Address): boolean {
  return allow.ranges.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
}

const loopbackV4 = ipaddr.parse('127.0.0.1')
const loopbackV6 = ipaddr.parse('::1')

function parseRange(entry: string): [Address, number] {
  const [text = '', bitsText, ...rest] = entry.split('/')
  const address = parseAddress(text)
  const bitsOfKind = address?.kind() === 'ipv4' ? 32 : 128
  const bits = bitsText === undefined ? bitsOfKind : /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : Number.NaN
  // A mapped address is vetted as its IPv4 form; a range of mapped ones would never match.
  const isMapped = address?.kind() === 'ipv4' && isIP(text) === 6
  if (!address || isMapped || rest.length > 0 || !(bits <= bitsOfKind)) {
    throw new OutboundAllowInvalid(`"${entry}" is not a CIDR such as 10.0.0.0/8 or fd00::/8`)
  }
  return [address, bits]
}

function parseHostname(entry: string): string {
  const url = /^[^\s/\\:@?#%*]+$/.test(entry) ? URL.parse(`http://${entry}/`) : null
  // The URL parser turns 10.1 or 0x7f000001 into an address: such an entry is a mistake, not a name.
  const hostname = url ? foldHostname(url.hostname) : ''
  if (hostname === '' || isIP(hostname) !== 0) {
    throw new OutboundAllowInvalid(`"${entry}" is not a CIDR, an IP address or a host name`)
  }
  return hostname
}
