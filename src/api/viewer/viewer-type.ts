import { enumOf } from '../enum.ts'

export const PrincipalKindEnum = enumOf(
  'PrincipalKind',
  ['OPERATOR', 'APPLICATION', 'ORGANIZATION'],
  "OPERATOR: POSTRIDER_OPERATOR_KEY. APPLICATION: an application's API key. ORGANIZATION: a portal session of one organization.",
)
