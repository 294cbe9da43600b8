import { ToolbarButton } from '@graphiql/react'
import { StorageAPI } from '@graphiql/toolkit'
import { forgetKeys } from './session.ts'
import { browserStorage, stopStoring } from './storage.ts'

/** Takes every key out of the page and out of what the browser keeps for it. Queries stay. */
export function ForgetKeys() {
  const forget = () => {
    forgetKeys(new StorageAPI(browserStorage))
    stopStoring()
    location.reload()
  }
  return (
    <ToolbarButton label="Forget the keys of all tabs" onClick={forget}>
      <svg className="graphiql-toolbar-icon postrider-link-icon" viewBox="0 0 24 24" aria-hidden="true">
        <path d="M11 13a4 4 0 1 0-6 5 4 4 0 0 0 6-5Zm0 0 8-8M15 9l3 3M3 3l18 18" />
      </svg>
    </ToolbarButton>
  )
}
