import type { Authentication, Bundle, ZObject } from 'zapier-platform-core'
import { findConnection } from './postrider.ts'

/** A key of Postrider's, and whose events the Zaps are about. */
export const authentication = {
  type: 'custom',
  fields: [
    {
      key: 'serverUrl',
      label: 'Server URL',
      type: 'string',
      required: true,
      helpText: 'Where your Postrider answers, such as `https://events.example.com`.',
    },
    {
      key: 'apiKey',
      label: 'API key',
      type: 'password',
      required: true,
      helpText: 'A key of your application. It can read and change all of it: make one for Zapier alone.',
    },
    {
      key: 'organization',
      label: 'Organization',
      type: 'string',
      required: false,
      helpText:
        'Id or external id of the customer whose events you want. Not needed with the token of a portal session.',
    },
  ],
  test,
  connectionLabel,
} satisfies Authentication

async function test(z: ZObject, bundle: Bundle) {
  const { organization, applicationName } = await findConnection(z, bundle)
  return { id: organization.id, organizationName: organization.name, applicationName }
}

/** Zapier gives what `test` returned as input. */
async function connectionLabel(_z: ZObject, { inputData }: Bundle): Promise<string> {
  return `${inputData.organizationName} (${inputData.applicationName})`
}
