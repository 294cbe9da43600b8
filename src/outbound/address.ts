import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** An address in the form that ipaddr.js compares. */
export type Address = ipaddr.IPv4 | ipaddr.IPv6

/**
 * The address in this text; undefined unless it is one plain IPv4 or IPv6 address. Zone ids are refused: they name an
 * interface of this machine. IPv4 mapped into IPv6 comes back as the IPv4 that the socket would reach.
 */
export function parseAddress(text: string): Address | undefined {
  // net.isIP first: ipaddr.js also reads octal, hexadecimal and shortened forms.
  if (isIP(text) === 0 || text.includes('%') || v4Compatible.test(text) || !ipaddr.isValid(text)) return undefined
  return ipaddr.process(text)
}

/** ::8.8.8.8 is an address of its own (RFC 4291, 2.5.5.1), but ipaddr.js reads the mapped form, so 8.8.8.8. */
const v4Compatible = /^::\d+\./

/** Whether the address belongs to the public internet. All that is special is refused, metadata services included. */
export function isPublicAddress(address: Address): boolean {
  if (address.range() !== 'unicast') return false
  if (address.kind() === 'ipv4') return !refusedV4.some((range) => address.match(range))
  return address.match(globalUnicastV6) && !refusedV6.some((range) => address.match(range))
}

// What ipaddr.js takes for unicast, or took in earlier versions.
const refusedV4 = ['168.63.129.16/32', '100.64.0.0/10'].map((cidr) => ipaddr.parseCIDR(cidr))
const refusedV6 = ['2001::/23', '2002::/16', '3ffe::/16', '3fff::/20', '2620:4f:8000::/48'].map((cidr) =>
  ipaddr.parseCIDR(cidr),
)
/** The only block of IPv6 that IANA hands out; NAT64, v4-compatible and segment routing addresses lie outside. */
const globalUnicastV6 = ipaddr.parseCIDR('2000::/3')
