import { readFileSync } from 'node:fs'
import { shiftDate } from '../support/shift-date.ts'

// Loaded into the server before anything else, by --import. On SIGUSR2 the clock of this process jumps to what the file
// named by CHAOS_CLOCK_FILE says (milliseconds beside the true time), as a machine's does that is set anew: Date
// jumps, performance.now() and timers, which are monotonic, do not. Postgres's clock stays right.

const date = shiftDate()

process.on('SIGUSR2', () => {
  const text = readFileSync(process.env.CHAOS_CLOCK_FILE!, 'utf8')
  date.set(Number(text.split(' ')[0]))
  console.log(`clock ${text}`)
})
