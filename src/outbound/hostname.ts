/**
 * The name that rules, SNI and certificates see: no brackets around IPv6, no trailing dots. Expects what URL.hostname
 * gives, which is lower case already.
 */
export function foldHostname(hostname: string): string {
  if (hostname.startsWith('[')) return hostname.slice(1, -1)
  let end = hostname.length
  while (hostname[end - 1] === '.') end -= 1
  return hostname.slice(0, end)
}
