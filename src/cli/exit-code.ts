/** What a command ends with. README.md and `postrider --help` have the same table for people. */
export const EXIT = {
  /** Done; also tail and listen, when they are told to stop. */
  done: 0,
  /** Failed on our side or the server's: not reachable, UNAVAILABLE, RATE_LIMITED, INTERNAL. */
  failed: 1,
  /** Called wrongly: an unknown command or option, a missing argument, a value that does not parse. */
  usage: 2,
  /** The server understood and said no: userErrors, BAD_USER_INPUT. */
  refused: 3,
  /** No key, a wrong or revoked one, or one that may not do this. */
  unauthorized: 4,
  /** It was sent, and did not arrive: a test attempt, or a delivery that was waited for. */
  unsuccessful: 5,
} as const

export const EXIT_CODE_HELP = `
Exit codes:
  0  done; Ctrl-C on tail and listen
  1  failed here or on the server: not reachable, not available, an error of ours; findings (connector check)
  2  wrong usage: an unknown command or option, a missing argument
  3  refused by the server; each reason is shown as "field: message"
  4  no key, a wrong or revoked key, or one that may not do this
  5  sent, but not delivered (destinations test, --wait)
serve, migrate, "secrets rotate", "catalogue import" and connector know 0, 1 and 2 only.`
