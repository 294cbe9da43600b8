import { useGraphiQL } from '@graphiql/react'

/** One line below the response while the page can't work: no key, or a server that gives no schema for it. */
export function Notice({ hasKey }: { hasKey: boolean }) {
  const fetchError = useGraphiQL((state) => state.fetchError)
  if (!hasKey) {
    return (
      <p className="postrider-notice" role="status">
        No key yet: paste one into <b>Headers</b>, or open the link that Postrider printed when it started.
      </p>
    )
  }
  if (fetchError === null) return null
  return (
    <p className="postrider-notice" role="alert">
      The schema could not be read: {firstMessage(fetchError)}
    </p>
  )
}

/** GraphiQL keeps the failed response as text, mostly the JSON of { errors }. */
function firstMessage(fetchError: string): string {
  try {
    const { errors } = JSON.parse(fetchError) as { errors: { message: string }[] }
    return errors[0]!.message
  } catch {
    return fetchError
  }
}
