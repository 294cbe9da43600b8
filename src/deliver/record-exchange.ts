import { holdsSecret } from '../domain/find-secrets.ts'
import { recordCutText, recordText, recordUrl, redactHeaders, redactRequestHeaders } from '../domain/redact.ts'
import { NO_SECRETS } from '../domain/secrets.ts'
import type { RecordedResponse } from '../store/delivery-attempt.ts'
import type { ExchangeRecord } from './attempt-result.ts'
import type { Addressed } from './classify.ts'
import type { LoadedDestination } from './destination-cache.ts'
import type { PreparedRequest } from './prepare-request.ts'
import type { Sent } from './send.ts'
import { standInsFor } from './stand-ins.ts'

/** Characters. A body is an event's data at most, in an envelope of its own. */
const MAX_BODY_LENGTH = 1_048_576

/** Builds the request of this very attempt, as it would go to this destination. */
export type PrepareFor = (destination: LoadedDestination) => PreparedRequest

interface Recorded extends Addressed {
  readonly prepareFor: PrepareFor
}

/** What was sent and what came back, without secrets. */
export function recordExchange(prepared: PreparedRequest, { response }: Sent, recorded: Recorded): ExchangeRecord {
  const { credentialSecrets, secretHeaders } = recorded.destination
  const request = {
    method: prepared.method,
    url: recordUrl(prepared.url, credentialSecrets),
    headers: redactRequestHeaders(Object.entries(prepared.headers), credentialSecrets, secretHeaders),
  }
  return {
    request,
    requestBody: prepared.isEnvelope ? undefined : recordBody(prepared.body, recorded),
    response: response && recordResponse(response, recorded.destination),
  }
}

/**
 * A body that may hold credentials is built again with stand-ins. Blanking out what is found would tell people who choose an
 * event's data which of their guesses is a credential, and everyday words would not be found.
 */
function recordBody(body: string, { connector, destination, prepareFor }: Recorded): string {
  const { credentialSecrets } = destination
  const mayHold = credentialSecrets.everyday.size > 0 || holdsSecret(body, credentialSecrets)
  if (!mayHold) return recordText(body, NO_SECRETS, MAX_BODY_LENGTH)
  const { credentials, secrets } = standInsFor(connector, destination.credentials)
  try {
    return recordText(prepareFor({ ...destination, credentials }).body, secrets, MAX_BODY_LENGTH)
  } catch {
    // The connector needs credentials of a certain look.
    return recordText(body, credentialSecrets, MAX_BODY_LENGTH)
  }
}

function recordResponse(
  { statusCode, headers, body, sizeBytes, truncated }: NonNullable<Sent['response']>,
  { secrets, secretHeaders }: LoadedDestination,
): RecordedResponse {
  const record = truncated ? recordCutText : recordText
  return {
    statusCode,
    headers: redactHeaders(headers, secrets, secretHeaders),
    body: record(body, secrets, MAX_BODY_LENGTH),
    sizeBytes,
    truncated,
  }
}
