import { disabledReasons } from '../../domain/outcome.ts'
import { destinationHealths } from '../../store/destination.ts'
import { enumOf } from '../enum.ts'

export const DestinationHealthEnum = enumOf(
  'DestinationHealth',
  destinationHealths,
  'FAILING: so many failed attempts in a row as the delivery profile says. DISABLED: given up by the system.',
)
export const DisabledReasonEnum = enumOf(
  'DisabledReason',
  disabledReasons,
  'Why a destination gets nothing any more.',
  {
    MANUAL: 'A person switched it off, by destinationDisable.',
    CONSECUTIVE_FAILURES: 'So many failed attempts in a row, over so long a time, as the delivery profile says.',
    GONE: 'The receiver answered 410, or what its connector takes for that.',
    CREDENTIALS_REJECTED: 'The receiver does not take its credentials.',
    CONNECTOR_MISSING: 'Not used yet: what is for a connector that is not there waits for it.',
  },
)
