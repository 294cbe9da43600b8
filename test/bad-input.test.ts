import { afterAll, beforeAll, test } from 'vitest'
import { sendRaw, fetchRaw } from './support/raw-request.ts'
import { startTestPostrider, type TestPostrider } from './support/postrider.ts'
let postrider: TestPostrider
beforeAll(async () => { postrider = await startTestPostrider() })
afterAll(() => postrider[Symbol.asyncDispose]())
test('probe', async () => {
  const b = await postrider.application()
  await b.eventType('a')
  const org = await b.organization('acme')
  const ue = 'userErrors { __typename code message path }'
  const bad = ['x\u0000y', 'x\ud800y']
  const probes: [string, string, (t: string) => any][] = [
   ['externalId', 'query ($t: String) { organization(externalId: $t) { id } }', t => ({t})],
   ['orgsearch', 'query ($t: String) { organizations(search: $t) { nodes { id } } }', t => ({t})],
   ['eventType', 'query ($t: String!) { eventType(name: $t) { id } }', t => ({t})],
   ['connector', 'query ($t: String!) { connector(key: $t) { key } }', t => ({t})],
   ['event', 'query ($t: ID!) { event(id: $t) { id } }', t => ({t})],
   ['eventsf', 'query ($t: String!) { events(filter: {types: [$t]}) { nodes { id } count { value } } }', t => ({t})],
   ['eventsorg', 'query ($t: ID!) { events(filter: {organizationId: $t}) { nodes { id } count { value } } }', t => ({t})],
   ['delf', 'query ($t: String!) { deliveries(filter: {eventTypes: [$t]}) { nodes { id } count { value } } }', t => ({t})],
   ['attf', 'query ($t: String!) { deliveryAttempts(filter: {eventTypes: [$t]}) { nodes { id } } }', t => ({t})],
   ['dstf conn', 'query ($t: String!) { destinations(filter: {connectors: [$t]}) { nodes { id } totalCount } }', t => ({t})],
   ['dstf et', 'query ($t: String!) { destinations(filter: {eventType: $t}) { nodes { id } totalCount } }', t => ({t})],
   ['dstf search', 'query ($t: String!) { destinations(filter: {search: $t}) { nodes { id } totalCount } }', t => ({t})],
   ['after', 'query ($t: String!) { destinations(after: $t) { nodes { id } totalCount } }', t => ({t})],
   ['appname', `mutation ($t: String!) { applicationUpdate(input: {name: $t}) { application { name } ${ue} } }`, t => ({t})],
   ['keyname', `mutation ($t: String!) { apiKeyCreate(input: {name: $t}) { apiKey { name } ${ue} } }`, t => ({t})],
   ['revoke', `mutation ($t: ID!) { apiKeyRevoke(input: {id: $t}) { apiKey { name } ${ue} } }`, t => ({t})],
   ['orgname', `mutation ($t: String!) { organizationUpsert(input: {name: $t}) { organization { name } ${ue} } }`, t => ({t})],
   ['orgext', `mutation ($t: String!) { organizationUpsert(input: {name: "a" externalId: $t}) { organization { name externalId} ${ue} } }`, t => ({t})],
   ['orgid', `mutation ($t: ID!) { organizationUpsert(input: {name: "a" id: $t}) { organization { name externalId} ${ue} } }`, t => ({t})],
   ['orgdel', `mutation ($t: ID!) { organizationDelete(input: {id: $t}) { deletedId ${ue} } }`, t => ({t})],
   ['etname', `mutation ($t: String!) { eventTypeUpsert(input: {name: $t}) { eventType { name } ${ue} } }`, t => ({t})],
   ['etdesc', `mutation ($t: String!) { eventTypeUpsert(input: {name: "q", description: $t}) { eventType { description } ${ue} } }`, t => ({t})],
   ['etgroup', `mutation ($t: String!) { eventTypeUpsert(input: {name: "q", group: $t}) { eventType { group } ${ue} } }`, t => ({t})],
   ['etsample', `mutation ($t: JSON!) { eventTypeUpsert(input: {name: "q", samplePayload: $t}) { eventType { samplePayload } ${ue} } }`, t => ({t})],
   ['etschema', `mutation ($t: JSONObject!) { eventTypeUpsert(input: {name: "q2", payloadSchema: $t}) { eventType { payloadSchema } ${ue} } }`, t => ({t: {title: t}})],
   ['etarch', `mutation ($t: String!) { eventTypeArchive(input: {name: $t}) { eventType { group } ${ue} } }`, t => ({t})],
   ['dkey', `mutation ($i: DestinationCreateInput!) { destinationCreate(input: $i) { destination { key } ${ue} } }`, t => ({i: {organizationId: org, label: 'a', key: t, config: {url: 'http://127.0.0.1:1/'}}})],
   ['dlabel', `mutation ($i: DestinationCreateInput!) { destinationCreate(input: $i) { destination { label } ${ue} } }`, t => ({i: {organizationId: org, label: t, config: {url: 'http://127.0.0.1:1/'}}})],
   ['ddesc', `mutation ($i: DestinationCreateInput!) { destinationCreate(input: $i) { destination { description } ${ue} } }`, t => ({i: {organizationId: org, label: 'a', description: t, config: {url: 'http://127.0.0.1:1/'}}})],
   ['dconn', `mutation ($i: DestinationCreateInput!) { destinationCreate(input: $i) { destination { description } ${ue} } }`, t => ({i: {organizationId: org, label: 'a', connector: t, config: {url: 'http://127.0.0.1:1/'}}})],
   ['det', `mutation ($i: DestinationCreateInput!) { destinationCreate(input: $i) { destination { eventTypes } ${ue} } }`, t => ({i: {organizationId: org, label: 'a', eventTypes: [t], config: {url: 'http://127.0.0.1:1/'}}})],
   ['durl', `mutation ($i: DestinationCreateInput!) { destinationCreate(input: $i) { destination { config target } ${ue} } }`, t => ({i: {organizationId: org, label: 'a', config: {url: 'http://127.0.0.1:1/'+t}}})],
   ['dsec', `mutation ($i: DestinationCreateInput!) { destinationCreate(input: $i) { destination { eventTypes } ${ue} } }`, t => ({i: {organizationId: org, label: 'a', signingSecret: 'a'.repeat(20) + t, config: {url: 'http://127.0.0.1:1/'}}})],
   ['ptype', `mutation ($i: EventPublishInput!) { eventPublish(input: $i) { event { id } ${ue} } }`, t => ({i: {organizationId: org, type: t, data: {}}})],
   ['pext', `mutation ($i: EventPublishInput!) { eventPublish(input: $i) { event { id } ${ue} } }`, t => ({i: {organizationExternalId: t, type: 'a', data: {}}})],
   ['pid', `mutation ($i: EventPublishInput!) { eventPublish(input: $i) { event { id } ${ue} } }`, t => ({i: {organizationId: t, type: 'a', data: {}}})],
   ['pidem', `mutation ($i: EventPublishInput!) { eventPublish(input: $i) { event { id } ${ue} } }`, t => ({i: {organizationId: org, type: 'a', data: {}, idempotencyKey: t}})],
   ['pdata', `mutation ($i: EventPublishInput!) { eventPublish(input: $i) { event { id data } ${ue} } }`, t => ({i: {organizationId: org, type: 'a', data: {[t]: t}}})],
   ['test', `mutation ($i: DestinationTestInput!) { destinationTest(input: $i) { delivery { id } ${ue} } }`, t => ({i: {id: t, eventType: 'a'}})],
   ['cat', 'query { connectors { key } }', () => ({})],
  ]
  const d = await b.destination({ organizationId: org, url: 'http://127.0.0.1:1/' })
  probes.push(['testtype', `mutation ($i: DestinationTestInput!) { destinationTest(input: $i) { delivery { id } ${ue} } }`, t => ({i: {id: d.id, eventType: t}})])
  for (const [n, q, v] of probes) for (const t of bad) {
    const a = await sendRaw(b.endpoint, q, v(t))
    console.log(n, JSON.stringify(t), a.status, a.codes.join(), a.message, JSON.stringify(a.root))
  }
  const misc: [string, string, any][] = [
    ['nulldefault', 'query ($id: ID = "x") { event(id: $id) { id } }', {id: null}],
    ['dur', 'query ($f: EventFilter) { events(filter: $f) { nodes { id } } }', {f: {createdAt: {from: '-P999999999D'}}}],
    ['dur2', 'query ($f: EventFilter) { events(filter: $f) { nodes { id } } }', {f: {createdAt: {from: 'P9999999D'}}}],
    ['dur3', 'query ($f: EventFilter) { events(filter: $f) { nodes { id } } }', {f: {createdAt: {from: 'P99999999999999999999999999999D'}}}],
    ['cur', 'query ($c: String) { deliveryAttempts(after: $c) { nodes { id } } }', {c: Buffer.from('f1.1.99999999999999999999.att_00000000000000000000000000').toString('base64url')}],
    ['cur2', 'query ($c: String) { deliveryAttempts(after: $c) { nodes { id } } }', {c: Buffer.from('f1.1795231200.9.att_00000000000000000000000000').toString('base64url')}],
    ['async', `mutation ($t: JSONObject!) { eventTypeUpsert(input: {name: "q3", payloadSchema: $t}) { eventType { payloadSchema } ${ue} } }`, {t: {$async: true, type: 'object'}}],
    ['schema7', `mutation ($t: JSONObject!) { eventTypeUpsert(input: {name: "q4", payloadSchema: $t}) { eventType { payloadSchema } ${ue} } }`, {t: {$schema: 'http://json-schema.org/draft-07/schema#', type: 'object'}}],
    ['pubasync', `mutation ($i: EventPublishInput!) { eventPublish(input: $i) { event { id } ${ue} } }`, {i: {organizationId: org, type: 'q3', data: 3}}],
    ['deep', `mutation ($i: EventPublishInput!) { eventPublish(input: $i) { event { id } ${ue} } }`, {i: {organizationId: org, type: 'a', data: 'DEEP'}}],
    ['orgboth', 'query { organization { id } }', {}],
    ['bigint', 'query ($f: Int) { events(first: $f) { nodes { id } } }', {f: 99999999999}],
    ['max', 'query { events { count(max: 0) { value } } }', {}],
    ['long search', 'query ($f: String) { organizations(search: $f) { nodes { id } } }', {f: 'a'.repeat(1000000)}],
    ['samplenull', `mutation { eventTypeUpsert(input: {name: "q5", samplePayload: null, payloadSchema: null}) { eventType { samplePayload } ${ue} } }`, {}],
    ['samplestr', `mutation { eventTypeUpsert(input: {name: "q6", samplePayload: "text"}) { eventType { samplePayload } ${ue} } }`, {}],
  ]
  for (const [n, q, v] of misc) {
    const deep = '['.repeat(100000) + ']'.repeat(100000)
    const a = n === 'deep' ? await fetchRaw(postrider.url, { headers: { authorization: `Bearer ${b.endpoint.key}` }, body: JSON.stringify({ query: q, variables: v }).replace('"DEEP"', deep) }) : await sendRaw(b.endpoint, q, v)
    console.log(n, a.status, a.codes.join(), a.message, JSON.stringify(a.root)?.slice(0, 400))
  }
  const key = { authorization: `Bearer ${b.endpoint.key}` }
  for (const [n, init] of Object.entries({
    big: { headers: key, body: JSON.stringify({ query: '{ viewer { kind } }', variables: { a: 'x'.repeat(5300000) } }) },
    malformed: { headers: key, body: '{"query": ' },
    empty: { headers: key, body: '' },
    arr: { headers: key, body: '[{"query":"{ viewer { kind } }"}]' },
    num: { headers: key, body: '{"query": 3}' },
    nul: { headers: key, body: 'null' },
    text: { headers: { ...key, 'content-type': 'text/plain' }, body: JSON.stringify({ query: 'mutation { organizationUpsert(input: {name: "n"}) { organization { id } } }' }) },
    form: { headers: { ...key, 'content-type': 'application/x-www-form-urlencoded' }, body: 'query=%7Bviewer%7Bkind%7D%7D' },
    getM: { method: 'GET', headers: { ...key }, query: '?query=' + encodeURIComponent('mutation { organizationUpsert(input: {name: "n"}) { organization { id } } }') },
    getM2: { method: 'GET', headers: { ...key, 'content-type': 'text/plain' }, query: '?query=' + encodeURIComponent('mutation { organizationUpsert(input: {name: "n"}) { organization { id } } }') },
    getQ2: { method: 'GET', headers: { ...key, 'content-type': 'text/plain' }, query: '?query=' + encodeURIComponent('{ viewer { kind } }') },
    syntax: { headers: key, body: '{"query":"{ viewer { "}' },
    unknown: { headers: key, body: '{"query":"{ viewer { x } }"}' },
    vars: { headers: key, body: '{"query":"{ viewer { kind } }", "variables": "x"}' },
    op: { headers: key, body: '{"query":"query a { viewer { kind } } query b { viewer { kind } }"}' },
    sub: { headers: key, body: '{"query":"subscription { deliveryAttempts { cursor } }"}' },
    anonbad: { headers: {}, body: '{"query":"{ viewer { x } }"}' },
  } as Record<string, any>)) {
    const a = await fetchRaw(postrider.url, init)
    console.log(n, a.status, a.codes.join(), a.message, a.text.slice(0, 300))
  }
})
