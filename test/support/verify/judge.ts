import { text } from 'node:stream/consumers'
import { InvalidSignature, verify } from '../../../docs/guides/verify/verify.ts'
import { isSigned } from '../../../docs/guides/verify/verify-hex.ts'

const standardWebhooks = ([secret, id, timestamp, signature, body]: readonly (Buffer | undefined)[]) => {
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
  const present = Object.entries(headers).flatMap(([name, value]) => (value ? [[name, value.toString()]] : []))
  try {
    verify(secret!.toString(), Object.fromEntries(present), body!)
    return 'accepted'
  } catch (error) {
    return error instanceof InvalidSignature ? 'refused' : 'failed'
  }
}

const hex = ([secret, prefix, signature, body]: readonly (Buffer | undefined)[]) => {
  try {
    return isSigned(secret!.toString(), prefix!.toString(), signature?.toString(), body!) ? 'accepted' : 'refused'
  } catch {
    return 'failed'
  }
}

const judge = process.argv[2] === 'hex' ? hex : standardWebhooks
for (const line of (await text(process.stdin)).replace(/\n$/, '').split('\n'))
  console.log(judge(line.split('\t').map((field) => (field === '-' ? undefined : Buffer.from(field, 'base64')))))
