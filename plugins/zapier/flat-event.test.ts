import { expect, test } from 'vitest'
import { leastCpuMs } from '../../test/support/cpu-time.ts'
import { flatEvent } from './app/flat-event.ts'

const event = { id: 'evt_1', type: 'order.placed', createdAt: '2026-01-31T09:30:00.000Z', organization: 'acme' }
const flat = (data: unknown) => {
  const {
    id: _id,
    type: _type,
    createdAt: _createdAt,
    organization: _organization,
    ...fields
  } = flatEvent({ ...event, data })
  return fields
}

test('an event is one level of names, those of objects joined by two underscores', () => {
  expect(flatEvent({ ...event, data: { number: 7, customer: { name: 'Ada', address: { city: 'Bonn' } } } })).toEqual({
    ...event,
    data__number: 7,
    data__customer__name: 'Ada',
    data__customer__address__city: 'Bonn',
  })
})

test('lists, empty objects and null stay as they are', () => {
  const items = [{ sku: 'a', price: { net: 1 } }, { sku: 'b' }]
  expect(flat({ items, tags: [], none: null, empty: {} })).toEqual({
    data__items: items,
    data__tags: [],
    data__none: null,
    data__empty: {},
  })
})

test.each([null, 'text', 7, true, [{ a: 1 }], {}])('data that has no fields is data itself: %j', (data) => {
  expect(flatEvent({ ...event, data })).toEqual({ ...event, data })
})

test('no field of the data stands in the place of one of the event', () => {
  const data = { id: 'evil', type: 'evil', createdAt: 'evil', organization: 'evil', data: 'evil', '': 'nameless' }
  expect(
    flatEvent({ ...event, data: JSON.parse(`{"__proto__":{"id":"evil"},${JSON.stringify(data).slice(1)}`) }),
  ).toEqual({
    ...event,
    data__id: 'evil',
    data__type: 'evil',
    data__createdAt: 'evil',
    data__organization: 'evil',
    data__data: 'evil',
    data__: 'nameless',
    data____proto____id: 'evil',
  })
})

test('two fields that come to the same name are both there', () => {
  expect(flat({ a: { b: { c: 1 } }, a__b: { c: 2 }, a__b__c: 3, a__b__c_2: 4 })).toEqual({
    data__a__b__c: 1,
    data__a__b__c_2: 2,
    data__a__b__c_3: 3,
    data__a__b__c_2_2: 4,
  })
})

test('an object stays whole when its name is long, or its fields are too many', () => {
  const long = 'x'.repeat(95)
  expect(flat({ [long]: { a: 1 } })).toEqual({ [`data__${long}`]: { a: 1 } })
  const many = Object.fromEntries(Array.from({ length: 4_990 }, (_, n) => [`f${n}`, n]))
  const fields = flat({ a: 1, many, more: { b: 1, c: 1 }, last: { d: 1, e: 1, f: 1, g: 1, h: 1 } })
  expect(Object.keys(fields)).toHaveLength(4_994)
  expect(fields).toMatchObject({ data__many__f4989: 4_989, data__more__c: 1, data__last: { h: 1 } })
})

test.each([
  ['depth', nest(400, 'b'.repeat(500))],
  ['many fields', { ['x'.repeat(88)]: fieldsOf(30_000, '') }],
  ['many fields with long names', { ['x'.repeat(88)]: fieldsOf(4_900, 'y'.repeat(40)) }],
])('data of 250 KB stays small and quick, whatever its %s', (_, data) => {
  const sizeBytes = JSON.stringify(data).length
  const flatten = () => JSON.stringify(flatEvent({ ...event, data }))
  expect(flatten().length).toBeLessThan(sizeBytes + 600_000)
  expect(leastCpuMs(flatten)).toBeLessThan(50)
})

function fieldsOf(count: number, prefix: string): unknown {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n.toString(36)}`, 1]))
}

/** An object in an object, and so on, each with one more field. */
function nest(depth: number, name: string): unknown {
  return depth === 0 ? 1 : { a: nest(depth - 1, name), [name]: 1 }
}
