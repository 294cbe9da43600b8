import { useGraphiQL } from '@graphiql/react'
import { useEffect, useRef } from 'react'
import { authorizationOf, HEADERS_WITHOUT_KEY } from './key.ts'

/**
 * Headers belong to a tab. A tab or an entry of the history that has none gets the last ones with a key, so that a key is
 * pasted once, not per tab. What a person empties by hand stays empty.
 */
export function KeyForEveryTab() {
  const headerEditor = useGraphiQL((state) => state.headerEditor)
  const lastWithKey = useRef<string>(undefined)

  useEffect(() => {
    if (headerEditor === undefined) return
    const remember = () => {
      const headers = headerEditor.getValue()
      if (authorizationOf(headers) !== undefined) lastWithKey.current = headers
    }
    remember()
    // isFlush: the whole text was put in by GraphiQL.
    const listener = headerEditor.onDidChangeModelContent(({ isFlush }) => {
      remember()
      const headers = headerEditor.getValue().trim()
      const isEmpty = headers === '' || headers === HEADERS_WITHOUT_KEY.trim()
      if (isFlush && isEmpty && lastWithKey.current !== undefined) headerEditor.setValue(lastWithKey.current)
    })
    return () => listener.dispose()
  }, [headerEditor])

  return null
}
