import { defineApp, version as platformVersion } from 'zapier-platform-core'
import { authentication } from './authentication.ts'
import { eventType } from './event-type.ts'
import { newEvent } from './new-event.ts'
import packageJson from './package.json' with { type: 'json' }
import { publishEvent } from './publish-event.ts'

/** The integration as Zapier loads it. */
export default defineApp({
  version: packageJson.version,
  platformVersion,
  authentication,
  triggers: { [newEvent.key]: newEvent, [eventType.key]: eventType },
  creates: { [publishEvent.key]: publishEvent },
})
