/** Advisory locks: numbers that other users of the database are unlikely to take. */
export const locks = {
  migration: 7_065_737_472,
  outbox: 7_065_737_473,
  retention: 7_065_737_474,
  firstStart: 7_065_737_475,
} as const
