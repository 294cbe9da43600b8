/** A post horn and the name, in place of GraphiQL's own. */
export function Wordmark() {
  return (
    <span className="postrider-wordmark">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <circle cx="12.5" cy="17.5" r="6.5" />
        <path d="M3 11h10c6 0 10-2 14-6v16c-2.4-2.4-4.8-4-8-5" />
      </svg>
      Postrider
    </span>
  )
}
