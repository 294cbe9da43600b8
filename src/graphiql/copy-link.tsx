import { pick, ToolbarButton, useGraphiQL } from '@graphiql/react'
import { useEffect, useState } from 'react'
import { linkTo } from './link.ts'

/** For how long the button says what became of the link. */
const SAID_FOR_MS = 2_000

/** Copies the link to the tab that is shown: its query and variables. */
export function CopyLink() {
  const { queryEditor, variableEditor, operations, operationName } = useGraphiQL(
    pick('queryEditor', 'variableEditor', 'operations', 'operationName'),
  )
  const [said, setSaid] = useState<string>()
  useEffect(() => {
    if (said === undefined) return
    const timer = setTimeout(() => setSaid(undefined), SAID_FOR_MS)
    return () => clearTimeout(timer)
  }, [said])

  const copy = async () => {
    const link = linkTo({
      query: queryEditor?.getValue() ?? '',
      variables: variableEditor?.getValue(),
      operationName: operations !== undefined && operations.length > 1 ? operationName : undefined,
    })
    try {
      await navigator.clipboard.writeText(link)
      setSaid('Link copied')
    } catch {
      // Browsers keep the clipboard from pages that came over plain HTTP from another machine.
      history.replaceState(null, '', link)
      setSaid('The link is in the address bar')
    }
  }

  return (
    <ToolbarButton label={said ?? 'Copy link to this query and its variables'} onClick={copy}>
      <svg className="graphiql-toolbar-icon postrider-link-icon" viewBox="0 0 24 24" aria-hidden="true">
        {said === undefined ? (
          <path d="M10 14a5 5 0 0 0 7 0l3-3a5 5 0 0 0-7-7l-1.5 1.5M14 10a5 5 0 0 0-7 0l-3 3a5 5 0 0 0 7 7l1.5-1.5" />
        ) : (
          <path d="m5 12.5 4.5 4.5L19 7" />
        )}
      </svg>
    </ToolbarButton>
  )
}
