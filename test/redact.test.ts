import { describe, expect, test } from 'vitest'
import { recordCutText, recordText, recordUrl, redactRequestHeaders } from '../src/domain/redact.ts'
import { createSecrets, isEveryday } from '../src/domain/secrets.ts'
import { leastCpuMs } from './support/cpu-time.ts'

const record = (text: string, ...secrets: string[]) =>
  recordText(text, createSecrets({ headers: secrets }), text.length + 1_000)

describe('a text is blanked out of bodies', () => {
  test.each([
    ['hunter2!', true],
    ['AbCdEfGhIjKl', true],
    ['made-up-0123456789', true],
    ['correct horse battery staple', true],
    ['alerts@example.com', true],
    ['20261130123456789', true],
    ['пароль12', true],
    ['tok_of_the_house', true],
    ['aBcDeFgH', true],
    ['secret', false],
    ['abc-123', false],
    ['production', false],
    ['orderCreated', false],
    ['application/json', false],
    ['order.created', false],
    ['Warteschlange', false],
    ['2026-11-30', false],
    ['+49 30 123456', false],
  ])('%s: %s', (text, isSecret) => {
    expect(isEveryday(text)).toBe(!isSecret)
    expect(record(`it is ${text}.`, text)).toBe(isSecret ? 'it is [redacted].' : `it is ${text}.`)
  })
})

test.each([
  ['two secrets beside each other', 'a=hunter2!b=hunter3!', ['hunter2!', 'hunter3!'], 'a=[redacted]b=[redacted]'],
  ['one within another', 'x hunter2!-and-more y', ['hunter2!', 'hunter2!-and-more'], 'x [redacted] y'],
  ['one that overlaps itself', 'x abcd-efgh1abcd-efgh1abcd-efgh y', ['abcd-efgh1abcd-efgh'], 'x [redacted] y'],
  ['two that overlap', 'x hunter2!hunter3 y', ['hunter2!hunt', '2!hunter3'], 'x [redacted] y'],
  ['letters beyond ASCII', 'x pässwört1 y PÄSSWÖRT1', ['pässwört1'], 'x [redacted] y [redacted]'],
  ['those percent-encoded', 'x %70%C3%A4ssw%c3%b6rt1 y', ['pässwört1'], 'x [redacted] y'],
  ['those in JSON', 'x p\\u00e4ssw\\u00F6rt1 y', ['pässwört1'], 'x [redacted] y'],
  ['a letter that is longer in lower case', 'İİ Σ hunter2! İ', ['hunter2!'], 'İİ Σ [redacted] İ'],
  ['a secret with that letter', 'x İstanbul-2 y', ['İstanbul-2'], 'x [redacted] y'],
  ['half an escape at the end', 'hunter2! %4', ['hunter2!'], '[redacted] %4'],
  ['escapes that are none', '\\x %zz hunter2! \\u12', ['hunter2!'], '\\x %zz [redacted] \\u12'],
  ['a secret with a percent sign', 'a%41b%zz! a%2541b%25zz!', ['a%41b%zz!'], '[redacted] [redacted]'],
  [
    'what HTML writes otherwise',
    'x a&amp;b&lt;c&gt;d&quot;e&apos;f&nbsp;y &#; &#x; &#zz;',
    ['a&b<c>d"e\'f'],
    'x [redacted]&nbsp;y &#; &#x; &#zz;',
  ],
  ['the password of Basic alone', 'no hunter2! here', [`Basic ${btoa('me:hunter2!')}`], 'no [redacted] here'],
])('%s: the rest stays', (_, text, secrets, recorded) => {
  expect(record(text, ...secrets)).toBe(recorded)
})

describe('wherever it begins and ends', () => {
  const secret = 'Hunter-2!x'
  const spellings = [
    secret,
    secret.toUpperCase(),
    '%48u%6e%74er%2d2%21x',
    '%2548u%256e%2574er%252d2%2521x',
    '\\u0048unter\\u002d2!\\u0078',
    '\\\\u0048unter\\\\u002d2!\\\\u0078',
    '&#72;unter&#45;2&#x21;&#X0078;',
    'Hunter&amp;#45;2!x',
    Buffer.from(secret).toString('hex'),
    Buffer.from(`u${secret}`).toString('base64').slice(2),
  ]
  test.each(spellings)('%s is blanked out', (spelling) => {
    for (let before = 0; before < 8; before++)
      for (let after = 0; after < 8; after++) {
        const [start, end] = ['.'.repeat(before), '.'.repeat(after)]
        expect(record(start + spelling + end, secret)).toMatch(/^\.*\[redacted\]\w?=*\.*$/)
      }
  })

  test.each(spellings)('%s is blanked out where the text ends within it', (spelling) => {
    const secrets = createSecrets({ headers: [secret] })
    // What is shorter gives nothing away.
    const characters = spelling.match(/%25..|%..|\\+u....|&(?:amp;)?#\w+;|./g)!
    for (let count = 7; count <= characters.length; count++)
      for (const half of [
        '',
        '%',
        '%4',
        '%25',
        '%254',
        '\\',
        '\\u004',
        '\\\\',
        '\\\\u004',
        '&',
        '&#',
        '&#4',
        '&amp;#x2',
      ]) {
        const text = `no. ${characters.slice(0, count).join('')}${count === characters.length ? '' : half}`
        expect(recordCutText(text, secrets, 1_000), text).toMatch(/^no\. \[redacted\]\w?=*$/)
        expect(recordText(`${text}etc`, secrets, text.length), text).toMatch(/^no\. \[redact/)
      }
  })
})

test('a long text that almost holds a secret again and again is blanked out as a whole', () => {
  expect(record('a'.repeat(100_000), `${'a'.repeat(1_000)}b`)).toBe('[redacted]')
})

test.each([
  ['https://x.example/a?key=abc&abc=1', 'https://x.example/a?key=[redacted]&[redacted]=1'],
  ['https://x.example/abc/abcd#abc', 'https://x.example/[redacted]/abcd#[redacted]'],
  ['https://x.example/?key=a%62c', 'https://x.example/?key=[redacted]'],
  ['amqp://me:x@x.example/v', 'amqp://[redacted]@x.example/v'],
  ['https://hook.example/v1/T0?k=9&wait=1', '[redacted]&wait=1'],
  ['https://HOOK.example/v1/T0/messages?k=9', 'https://HOOK.example/[redacted]/[redacted]/messages?k=[redacted]'],
  ['https://x.example/%/%ff/a%62c', 'https://x.example/%/%ff/[redacted]'],
  ['no URL', 'no URL'],
])('of the URL %s a record has %s', (url, recorded) => {
  const credentials = { key: 'abc', url: 'https://hook.example/v1/T0?k=9' }
  expect(recordUrl(url, createSecrets({ credentials }))).toBe(recorded)
})

test('a header is blanked out as a whole, by its name, a word of it, or a secret within', () => {
  const secrets = createSecrets({ credentials: { pin: '12', token: 'hunter2!' } })
  const headers = { cookie: 'a', pin: '12', key: 'Key 12', basic: btoa('me:12'), long: 'my hunter2!', n: '123' }
  const shown = redactRequestHeaders(Object.entries(headers), secrets, new Set(['own'])).map(([name, value]) => [
    name,
    value,
  ])
  expect(Object.fromEntries(shown)).toEqual({
    cookie: '[redacted]',
    pin: '[redacted]',
    key: '[redacted]',
    basic: '[redacted]',
    long: '[redacted]',
    n: '123',
  })
})

test('URLs and headers of any length take little time', () => {
  const secrets = createSecrets({ credentials: { pin: '12' } })
  const longUrl = `https://x.example/${'%ff/'.repeat(16_384)}12`
  expect(leastCpuMs(() => recordUrl(longUrl, secrets))).toBeLessThan(50)
  expect(recordUrl(longUrl, secrets)).toBe(longUrl.slice(0, 4_096).replace(/%f?$/, ''))
  const longValue = `${'abcd '.repeat(16_384)}12`
  expect(leastCpuMs(() => redactRequestHeaders([['x-long', longValue]], secrets))).toBeLessThan(50)
  expect(redactRequestHeaders([['x-long', longValue]], secrets)).toEqual([['x-long', '[redacted]', true]])
})

test.each([
  ['one letter', 'a'.repeat(1_000), 'a'.repeat(1_048_576)],
  ['all but the end of it', `${'a'.repeat(1_000)}b`, 'a'.repeat(1_048_576)],
  ['all but the start of it', `b${'a'.repeat(1_000)}`, 'a'.repeat(1_048_576)],
  ['all but its middle', `${'ab'.repeat(250)}b${'ab'.repeat(250)}`, 'ab'.repeat(524_288)],
  ['escapes', `${'a'.repeat(1_000)}b`, '%61'.repeat(349_525)],
  ['escapes in JSON', `${'a'.repeat(1_000)}b`, '\\u0061'.repeat(174_762)],
  ['ampersands', 'hunter2!', '&'.repeat(1_048_576)],
  ['escapes of escapes', 'hunter2!', '%2561'.repeat(209_715)],
  ['letters that have no place in lower case', 'hunter2!', 'Σa'.repeat(524_288)],
  ['many secrets', 'hunter2!', 'hunter2!'.repeat(131_072)],
])('1 MB of %s takes a time that grows with its length alone', (_, secret, text) => {
  const headers = Array.from({ length: 20 }, (_, n) => `${secret.slice(0, 500)}${n}${secret.slice(500)}`)
  const secrets = createSecrets({ headers: [secret, `${secret}c`, `c${secret}`, ...headers] })
  const half = leastCpuMs(() => recordText(text.slice(0, text.length / 2), secrets))
  const whole = leastCpuMs(() => recordText(text, secrets))
  expect(whole).toBeLessThan(Math.max(20, half * 4))
  expect(whole).toBeLessThan(500)
})
