import { BlockList, isIP } from 'node:net'

const internal = new BlockList()
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  internal.addSubnet(network, prefix, 'ipv4')
internal.addSubnet('fc00::', 7, 'ipv6')
internal.addAddress('::1', 'ipv6')

/**
 * Whether the host can only be one of the operator's own network. Postrider connects to those only where its operator has
 * listed them in POSTRIDER_OUTBOUND_ALLOW.
 */
export function isInternalHost(host: string): boolean {
  const family = isIP(host)
  if (family !== 0) return internal.check(host, family === 4 ? 'ipv4' : 'ipv6')
  return !host.includes('.') || /\.(local|localhost|internal|svc|home\.arpa)$/i.test(host)
}
