import type { Storage } from '@graphiql/toolkit'
import { GraphiQL } from 'graphiql'
import { useEffect, useMemo, useState } from 'react'
import { CopyLink } from './copy-link.tsx'
import type { Example } from './examples.ts'
import { createFetcher } from './fetcher.ts'
import { ForgetKeys } from './forget-keys.tsx'
import { authorizationOf } from './key.ts'
import { KeyForEveryTab } from './key-for-every-tab.tsx'
import type { LinkedOperation } from './link.ts'
import { Notice } from './notice.tsx'
import { OpenedLink } from './opened-link.tsx'
import { PLUGINS } from './plugins.ts'
import { Wordmark } from './wordmark.tsx'

/** A key is typed or pasted in parts; the schema is read again once it has not changed for this time. */
const KEY_SETTLES_MS = 600

interface PageProps {
  /** The tabs of a first visit; afterwards GraphiQL takes its own from the storage. */
  examples: Example[]
  /** The operation of a ?query= link, in a tab before all others. */
  linked: LinkedOperation | undefined
  initialHeaders: string
  storage: Storage
}

export function Page({ examples, linked, initialHeaders, storage }: PageProps) {
  const [headers, setHeaders] = useState(initialHeaders)
  const authorization = useSettled(authorizationOf(headers), KEY_SETTLES_MS)
  // GraphiQL reads the schema whenever it gets another fetcher.
  const fetcher = useMemo(() => createFetcher(authorization), [authorization])
  const tabs = useMemo(
    () =>
      [...(linked === undefined ? [] : [linked]), ...examples].map(({ query, variables }) => ({
        query,
        variables: variables ?? null,
        headers: initialHeaders,
      })),
    [examples, linked, initialHeaders],
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
      plugins={PLUGINS}
      shouldPersistHeaders
      storage={storage}
    >
      <GraphiQL.Logo>
        <Wordmark />
      </GraphiQL.Logo>
      <GraphiQL.Toolbar>
        {({ prettify, merge, copy }) => (
          <>
            {prettify}
            {merge}
            {copy}
            <CopyLink />
            <ForgetKeys />
          </>
        )}
      </GraphiQL.Toolbar>
      <GraphiQL.Footer>
        <Notice hasKey={authorization !== undefined} />
      </GraphiQL.Footer>
      <KeyForEveryTab />
      {linked && <OpenedLink linked={linked} />}
    </GraphiQL>
  )
}

function useSettled<Value>(value: Value, settleMs: number): Value {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), settleMs)
    return () => clearTimeout(timer)
  }, [value, settleMs])
  return settled
}
