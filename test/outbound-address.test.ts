import { expect, test } from 'vitest'
import { isPublicAddress, parseAddress } from '../src/outbound/address.ts'
import { mayDial, OutboundAllowInvalid, parseAllow } from '../src/outbound/allow.ts'
import { vetUrl } from '../src/outbound/url.ts'

const publicAddresses = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '93.184.216.34',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '168.63.129.15',
  '168.63.129.17',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '::ffff:8.8.8.8',
  '::ffff:808:808',
  '2001:200::1',
  '2001:4860:4860::8888',
  '2400:cb00::1',
  '2606:4700:4700::1111',
  '2620:4f:8001::1',
  '2a00:1450:4001::200e',
  '3ffd::1',
]

const refusedAddresses = [
  // this host, private, shared, loopback, link-local
  '0.0.0.0',
  '0.255.255.255',
  '10.0.0.0',
  '10.255.255.255',
  '100.64.0.0',
  '100.100.100.200',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.255',
  '169.254.0.1',
  '169.254.169.254',
  '172.16.0.0',
  '172.31.255.255',
  '192.168.0.1',
  '192.168.255.255',
  // documentation, benchmarks, relays, multicast, reserved, broadcast, Azure
  '168.63.129.16',
  '192.0.0.1',
  '192.0.0.192',
  '192.0.2.1',
  '192.88.99.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  // IPv4 inside IPv6
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '0:0:0:0:0:ffff:7f00:0001',
  '::FFFF:10.0.0.1',
  '::ffff:169.254.169.254',
  '::ffff:168.63.129.16',
  '::127.0.0.1',
  '::7f00:1',
  '::8.8.8.8',
  '0::8.8.8.8',
  '0:0:0:0:0:0:8.8.8.8',
  '::ffff:0:127.0.0.1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::8.8.8.8',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '2002:808:808::1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  // IPv6 proper
  '::',
  '::1',
  '0:0:0:0:0:0:0:1',
  '100::1',
  '2001::1',
  '2001:2::1',
  '2001:10::1',
  '2001:20::1',
  '2001:1ff:ffff::1',
  '2001:db8::1',
  '2620:4f:8000::1',
  '3ffe::1',
  '3fff::1',
  '3fff:fff::1',
  '4000::1',
  '5f00::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'febf::1',
  'fec0::1',
  'ff02::1',
  // zone ids, and what only looks like an address
  'fe80::1%eth0',
  '2606:4700::1111%1',
  '::1%lo',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '127.1',
  '2130706433',
  '1.1.1.1.',
  ' 1.1.1.1',
  '[::1]',
  '1.1.1.256',
  'example.com',
  '',
]

test.each(publicAddresses)('%s is public', (text) => {
  const address = parseAddress(text)
  expect(address && isPublicAddress(address)).toBe(true)
})

test.each(refusedAddresses)('%s is refused', (text) => {
  const address = parseAddress(text)
  expect(address !== undefined && isPublicAddress(address)).toBe(false)
})

const badScheme = 'The URL must begin with https://'
const privateAddress = 'The URL must not point to a private or reserved address'
const internalName = 'The URL must not point to an internal host name'
const userInfo = 'The URL must not hold a user name or a password'

const urls: [url: string, problem: string | undefined][] = [
  ['https://example.com/hooks?a=1#part', undefined],
  ['https://example.com.', undefined],
  ['https://EXAMPLE.com:8443/', undefined],
  ['https://bücher.example/', undefined],
  ['https://8.8.8.8/', undefined],
  ['https://[2606:4700:4700::1111]/', undefined],
  ['https://localhost.example.com/', undefined],
  ['https://notlocal.example/', undefined],
  ['', 'The URL is not valid'],
  ['example.com', 'The URL is not valid'],
  ['https://', 'The URL is not valid'],
  ['https://exa mple.com/', 'The URL is not valid'],
  ['https://example.com:99999/', 'The URL is not valid'],
  ['https://1.2.3.4.5/', 'The URL is not valid'],
  ['https://[fe80::1%25eth0]/', 'The URL is not valid'],
  ['http://example.com/', badScheme],
  ['ftp://example.com/', badScheme],
  ['file:///etc/passwd', badScheme],
  ['javascript:alert(1)', badScheme],
  ['https://user@example.com/', userInfo],
  ['https://user:pass@example.com/', userInfo],
  ['https://:pass@example.com/', userInfo],
  ['https://example.com:0/', 'The URL must not name port 0'],
  ['https://./', 'The URL must name a host'],
  ['https://127.0.0.1/', privateAddress],
  ['https://127.0.0.1./', privateAddress],
  ['https://127.1/', privateAddress],
  ['https://0x7f000001/', privateAddress],
  ['https://0x7f.0.0.1/', privateAddress],
  ['https://0177.0.0.1/', privateAddress],
  ['https://2130706433/', privateAddress],
  ['https://017700000001/', privateAddress],
  ['https://0/', privateAddress],
  ['https://１２７.0.0.1/', privateAddress],
  ['https://127%2e0%2e0%2e1/', privateAddress],
  ['https://127。0。0。1/', privateAddress],
  ['https://①②⑦.0.0.1/', privateAddress],
  ['https://169.254.169.254/latest/meta-data', privateAddress],
  ['https://[::1]/', privateAddress],
  ['https://[::]/', privateAddress],
  ['https://[::ffff:7f00:1]/', privateAddress],
  ['https://[::ffff:127.0.0.1]/', privateAddress],
  ['https://[64:ff9b::a9fe:a9fe]/', privateAddress],
  ['https://[fd00:ec2::254]/', privateAddress],
  ['https://localhost/', internalName],
  ['https://LOCALHOST/', internalName],
  ['https://localhost./', internalName],
  ['https://localhost../', internalName],
  ['https://ⓛocalhost/', internalName],
  ['https://intranet/', internalName],
  ['https://app.localhost/', internalName],
  ['https://metadata.google.internal/', internalName],
  ['https://metadata.google.internal./', internalName],
  ['https://printer.local/', internalName],
  ['https://api.default.svc/', internalName],
  ['https://api.default.svc.cluster.local/', internalName],
  ['https://router.home.arpa/', internalName],
  ['https://home.arpa/', internalName],
]

test.each(urls)('%s: %s', (url, problem) => {
  const vetted = vetUrl(url, { allow: parseAllow([]), httpsOnly: true })
  expect('problem' in vetted ? vetted.problem : undefined).toBe(problem)
})

test('Plain http passes where the profile lets it, other schemes do not', () => {
  const rules = { allow: parseAllow([]), httpsOnly: false }
  expect(vetUrl('http://example.com/', rules)).toHaveProperty('url')
  expect(vetUrl('ftp://example.com/', rules)).toEqual({
    problem: 'The URL must begin with https:// or http://',
  })
})

const exceptions: [allow: string, url: string, passes: boolean][] = [
  ['127.0.0.1/32', 'https://127.0.0.1/', true],
  ['127.0.0.1', 'https://0x7f000001/', true],
  ['127.0.0.1/32', 'https://[::ffff:127.0.0.1]/', true],
  ['127.0.0.1/32', 'https://127.0.0.2/', false],
  ['127.0.0.1/32', 'https://[::1]/', false],
  ['127.0.0.0/8', 'https://127.9.9.9/', true],
  ['::1/128', 'https://[::1]/', true],
  ['::1/128', 'https://127.0.0.1/', false],
  ['::1/128', 'https://localhost/', true],
  ['127.0.0.1/32', 'https://localhost./', true],
  ['10.0.0.0/8', 'https://localhost/', false],
  ['10.0.0.0/8', 'https://receiver.internal/', false],
  ['receiver.internal', 'https://receiver.internal/', true],
  ['Receiver.Internal.', 'https://receiver.internal./', true],
  ['receiver.internal', 'https://other.receiver.internal/', false],
  ['receiver', 'https://receiver:8443/', true],
]

test.each(exceptions)('An allow-list of %s on %s: %s', (entry, url, passes) => {
  expect('url' in vetUrl(url, { allow: parseAllow([entry]), httpsOnly: true })).toBe(passes)
})

test('A listed name may resolve to any address, but to nothing that is not one', () => {
  const allow = parseAllow(['receiver.internal'])
  expect(mayDial(allow, 'receiver.internal', '10.0.0.1')).toBe(true)
  expect(mayDial(allow, 'receiver.internal', 'fe80::1%eth0')).toBe(false)
  expect(mayDial(allow, 'other.internal', '10.0.0.1')).toBe(false)
})

const badEntries = [
  '',
  '*',
  '*.internal',
  '10.0.0.0/33',
  '10.0.0.0/',
  '10.0.0.0/-1',
  '10.0.0.0/8/8',
  '10.0.0/8',
  '10.1',
  '0x7f000001',
  '::1/129',
  '::ffff:10.0.0.0/104',
  'fe80::1%eth0',
  'https://example.com',
  'example.com:8080',
  'user@example.com',
  'example.com/path',
  'two names',
]

test.each(badEntries)('"%s" can not stand in an allow-list', (entry) => {
  expect(() => parseAllow(['10.0.0.0/8', entry])).toThrow(OutboundAllowInvalid)
  expect(() => parseAllow([entry])).toThrow(`"${entry}"`)
})
