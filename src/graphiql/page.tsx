import { pick, useGraphiQL } from '@graphiql/react'
import type { createLocalStorage } from '@graphiql/toolkit'
import { GraphiQL } from 'graphiql'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { Example } from './examples.ts'
import { createFetcher } from './fetcher.ts'
import { authorizationOf, HEADERS_WITHOUT_KEY } from './key.ts'
import { Notice } from './notice.tsx'
import { Wordmark } from './wordmark.tsx'

/** A key is typed or pasted in parts; the schema is read again once it has stood still for so long. */
const KEY_SETTLES_MS = 600

interface PageProps {
  /** The tabs of a first visit; afterwards GraphiQL takes its own from the storage. */
  examples: Example[]
  initialHeaders: string
  storage: ReturnType<typeof createLocalStorage>
}

export function Page({ examples, initialHeaders, storage }: PageProps) {
  const [headers, setHeaders] = useState(initialHeaders)
  const authorization = useSettled(authorizationOf(headers), KEY_SETTLES_MS)
  // GraphiQL reads the schema whenever it gets another fetcher.
  const fetcher = useMemo(() => createFetcher(authorization), [authorization])
  const tabs = useMemo(
    () => examples.map(({ query, variables }) => ({ query, variables: variables ?? null, headers: initialHeaders })),
    [examples, initialHeaders],
  )

  return (
    <GraphiQL
      fetcher={fetcher}
      // null: without a key there is no schema to ask for.
      schema={authorization === undefined ? null : undefined}
      defaultTabs={tabs.length === 0 ? undefined : tabs}
      defaultHeaders={initialHeaders}
      defaultEditorToolsVisibility={authorizationOf(initialHeaders) === undefined ? 'headers' : 'variables'}
      onEditHeaders={setHeaders}
      shouldPersistHeaders
      storage={storage}
    >
      <GraphiQL.Logo>
        <Wordmark />
      </GraphiQL.Logo>
      <GraphiQL.Footer>
        <Notice hasKey={authorization !== undefined} />
      </GraphiQL.Footer>
      <KeyForEveryTab />
    </GraphiQL>
  )
}

/** Headers belong to a tab. A tab that has none yet gets the last ones with a key, so that a key is pasted once, not per tab. */
function KeyForEveryTab() {
  const { headerEditor, tabs, activeTabIndex } = useGraphiQL(pick('headerEditor', 'tabs', 'activeTabIndex'))
  const lastWithKey = useRef<string>(undefined)
  const tabId = tabs[activeTabIndex]?.id

  useEffect(() => {
    const remember = () => {
      const headers = headerEditor?.getValue() ?? ''
      if (authorizationOf(headers) !== undefined) lastWithKey.current = headers
    }
    remember()
    const listener = headerEditor?.onDidChangeModelContent(remember)
    return () => listener?.dispose()
  }, [headerEditor])

  useEffect(() => {
    if (tabId === undefined || lastWithKey.current === undefined) return
    const headers = headerEditor?.getValue().trim()
    if (headers === '' || headers === HEADERS_WITHOUT_KEY.trim()) headerEditor?.setValue(lastWithKey.current)
  }, [headerEditor, tabId])

  return null
}

function useSettled<Value>(value: Value, settleMs: number): Value {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), settleMs)
    return () => clearTimeout(timer)
  }, [value, settleMs])
  return settled
}
