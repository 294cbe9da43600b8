import { disabledReasons } from '../../domain/outcome.ts'
import { destinationHealths } from '../../store/destination.ts'
import { enumOf } from '../enum.ts'

export const DestinationHealthEnum = enumOf(
  'DestinationHealth',
  destinationHealths,
  'FAILING: as many failed attempts in a row as the delivery profile says. DISABLED: given up by the system.',
)
export const DisabledReasonEnum = enumOf(
  'DisabledReason',
  disabledReasons,
  'Why a destination gets nothing any more.',
  {
    MANUAL: 'A person switched it off, by destinationDisable.',
    CONSECUTIVE_FAILURES:
      'The number of failed attempts in a row, and the time without a success, that the delivery profile allows.',
    GONE: 'The receiver answered 410, or what its connector takes for that.',
    CREDENTIALS_REJECTED: 'The receiver does not take its credentials.',
    CONNECTOR_MISSING:
      'Reserved. Deliveries of a destination whose connector is not installed wait; the destination stays enabled.',
  },
)
