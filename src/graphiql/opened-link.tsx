import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react'
import { useEffect, useRef } from 'react'
import type { LinkedOperation } from './link.ts'

/** Chooses the operation that the link names, the first one when it names none: GraphiQL can't be told before its editor is there. */
export function OpenedLink({ linked }: { linked: LinkedOperation }) {
  const { queryEditor, operations } = useGraphiQL(pick('queryEditor', 'operations'))
  const { setOperationName } = useGraphiQLActions()
  const isChosen = useRef(false)

  useEffect(() => {
    if (isChosen.current || queryEditor === undefined || operations === undefined) return
    isChosen.current = true
    const operation = operations.find(({ name }) => name?.value === linked.operationName) ?? operations[0]
    if (operation?.name) setOperationName(operation.name.value)
    const position = queryEditor.getModel()?.getPositionAt(operation?.loc?.start ?? 0)
    if (position === undefined) return
    // Ctrl-Enter runs the operation in which the cursor stands, whichever was chosen.
    queryEditor.setPosition(position)
    queryEditor.revealPositionInCenterIfOutsideViewport(position)
  }, [linked, queryEditor, operations, setOperationName])

  return null
}
