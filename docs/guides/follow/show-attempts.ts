import { createAttemptFeed, type FeedAttempt } from 'postrider/client'

/** Shows a customer's newest attempts, and then each one as it happens, until the signal ends it. */
export async function showAttempts(
  show: (attempt: FeedAttempt) => void,
  options: { url: string; fetchToken: () => Promise<string>; signal: AbortSignal },
): Promise<void> {
  const { url, fetchToken, signal } = options
  // Asked again for each connection: when the session's time is over, the next one begins with a fresh token.
  for await (const item of createAttemptFeed({ url, key: fetchToken, last: 20, signal })) {
    if (item.kind === 'attempt') show(item.attempt)
  }
}
