import type { Dice } from './dice.ts'

/** How servers of a protocol talk: honestly at first, then like one that is broken. */
export interface Dialect {
  /** What an honest server answers to what it hears, in order. */
  readonly honest: readonly Buffer[]
  /** Whether the server speaks first. */
  readonly greets: boolean
  /** The beginning of an answer that promises far more than a client should read. */
  readonly lies: readonly Buffer[]
  /** Something of the protocol, at the wrong time, with the wrong content, or cut off. */
  nonsense(dice: Dice): Buffer
}

/** By what the client says first; undefined: it says nothing, and waits to be greeted. */
export function dialectOf(heard: Buffer | undefined, ownAnswers: readonly (string | Uint8Array)[]): Dialect {
  const honest = ownAnswers.map((answer) => Buffer.from(answer as string))
  if (honest.length > 0) return { ...plain, honest, greets: heard === undefined }
  if (heard === undefined) return smtp
  if (heard.subarray(0, 4).toString('latin1') === 'AMQP') return amqp
  return heard[0] === 0x2a ? resp : plain
}

const text = (value: string) => Buffer.from(value, 'latin1')

/** For protocols that the kit does not know. */
const plain: Dialect = {
  greets: false,
  honest: [text('OK\r\n')],
  lies: [
    text('99999999999\r\n'),
    text('HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n'),
    text('\xff\xff\xff\xff'),
  ],
  nonsense: (dice) => dice.pick([dice.bytes(200), text('\r\n'), text('HTTP/1.1 400 Bad Request\r\n\r\n'), text('{')]),
}

const resp: Dialect = {
  greets: false,
  honest: [text('+PONG\r\n'), text('+PONG\r\n'), text('+stream\r\n')],
  lies: [text('$1500000000\r\n'), text('*100000000\r\n'), text('%100000000\r\n'), text('+'), text('-')],
  nonsense: (dice) => text(respValue(dice, 0)),
}

function respValue(dice: Dice, depth: number): string {
  const kind = dice.pick([...'+-:$*_#,(=!~%>|'])
  const word = dice.pick([
    '',
    'OK',
    'subscribe',
    'message',
    'sunsubscribe',
    'MOVED 1 127.0.0.1:1',
    '-1',
    'x'.repeat(40),
  ])
  if ('+-:,('.includes(kind)) return `${kind}${dice.pick([word, '1', 'inf', '9'.repeat(40)])}\r\n`
  if ('_#'.includes(kind)) return `${kind}${kind === '#' ? dice.pick([...'tfx']) : ''}\r\n`
  if ('$=!'.includes(kind)) return `${kind}${dice.pick([word.length, -1, 0, 5, 1e6, 'x'])}\r\n${word}\r\n`
  if (depth > 4) return '_\r\n'
  const length = dice.below(4)
  const items = Array.from({ length: kind === '%' ? length * 2 : length }, () => respValue(dice, depth + 1))
  return `${kind}${length}\r\n${items.join('')}`
}

const smtp: Dialect = {
  greets: true,
  honest: ['220 hi', '250-x\r\n250 AUTH PLAIN', '235 ok', '250 ok', '250 ok', '354 go', '250 ok'].map((line) =>
    text(`${line}\r\n`),
  ),
  lies: [text('220-'), text('250-'), text('220 ')],
  nonsense: (dice) => {
    const lines = ['220 hi', '250-', '334 ', '334 !!!', '354 go', '535 no', '', '999 x', '-1', '220-a', '421 bye']
    const more = [
      '250 SIZE 99999999999999999999',
      '250-STARTTLS\r\n250 x',
      '220 \0',
      '250-x\r\n250 AUTH CRAM-MD5 XOAUTH2',
    ]
    return text(`${dice.pick([...lines, ...more])}\r\n`)
  },
}

const u8 = (value: number) => Buffer.from([value & 0xff])
const u16 = (value: number) => Buffer.from([(value >> 8) & 0xff, value & 0xff])
const u32 = (value: number) => Buffer.concat([u16(value >>> 16), u16(value & 0xffff)])
const shortText = (value: string) => Buffer.concat([u8(value.length), text(value)])
const longText = (value: Buffer) => Buffer.concat([u32(value.length), value])
const nothing = Buffer.alloc(0)

function frame(type: number, channel: number, payload: Buffer, end = 0xce): Buffer {
  return Buffer.concat([u8(type), u16(channel), u32(payload.length), payload, u8(end)])
}

function method(channel: number, [classId, methodId]: readonly [number, number], ...args: Buffer[]): Buffer {
  return frame(1, channel, Buffer.concat([u16(classId), u16(methodId), ...args]))
}

const start = method(0, [10, 10], u16(9), longText(nothing), longText(text('PLAIN AMQPLAIN')), longText(text('en_US')))
const tune = method(0, [10, 30], u16(2_047), u32(131_072), u16(60))
const openOk = method(0, [10, 41], u8(0))
const channelOk = method(1, [20, 11], longText(nothing))
const confirmOk = method(1, [85, 11])

const CLASSES = [10, 20, 40, 50, 60, 85, 90]
const METHODS = [10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 60, 61, 70, 71, 80, 90, 110, 120]

const amqp: Dialect = {
  greets: false,
  honest: [start, tune, openOk, channelOk, confirmOk],
  lies: [
    Buffer.concat([u8(1), u16(0), u32(64 * 1_024 * 1_024 - 10)]),
    Buffer.concat([u8(3), u16(1), u32(0xffff_ffff)]),
    Buffer.concat([start, tune, u8(1), u16(0), u32(120_000)]),
  ],
  nonsense(dice) {
    const channel = dice.pick([0, 0, 1, 1, 2, 65_535])
    const because = [u16(dice.pick([320, 403, 404, 406, 530, 0])), shortText('because'), u16(0), u16(0)]
    return dice.pick([
      () => frame(8, 0, nothing),
      () => frame(dice.pick([1, 2, 3, 8, 9]), channel, dice.bytes(80)),
      () =>
        method(
          channel,
          [dice.pick(CLASSES), dice.pick(METHODS)],
          dice.pick([nothing, dice.bytes(80), Buffer.alloc(40)]),
        ),
      () => method(channel, [10, 50], ...because),
      () => method(channel, [20, 40], ...because),
      () => method(channel, [10, 60], shortText('memory')),
      () => method(channel, [60, 50], u16(312), shortText('NO_ROUTE'), shortText(''), shortText('x')),
      () => method(channel, [60, dice.pick([80, 120])], Buffer.alloc(7), u8(dice.below(5)), u8(dice.below(4))),
      () =>
        frame(
          2,
          channel,
          Buffer.concat([u16(60), u16(0), Buffer.alloc(8, dice.below(2)), u16(0xffff), dice.bytes(80)]),
        ),
      () =>
        method(0, [10, 30], u16(dice.pick([0, 1])), u32(dice.pick([4_096, 0, 0xffff_ffff])), u16(dice.pick([0, 1]))),
      () => dice.pick([start, tune, openOk, channelOk, confirmOk]),
      () => frame(1, channel, dice.bytes(80), dice.below(256)),
      () => text('HTTP/1.1 400 Bad Request\r\n\r\n'),
    ])()
  },
}
