import { readFileSync } from 'node:fs'

// Loaded into the server before anything else, by --import. On SIGUSR2 the clock of this process jumps to what the file
// named by CHAOS_CLOCK_FILE says (milliseconds beside the true time), as a machine's does that is set anew: Date
// jumps, performance.now() and timers, which are monotonic, do not. Postgres's clock stays right.

const TrueDate = Date
let offsetMs = 0

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length > 0 ? args : [target.now() + offsetMs], newTarget),
  apply: (target) => new target(target.now() + offsetMs).toString(),
  get: (target, key, self) => (key === 'now' ? () => target.now() + offsetMs : Reflect.get(target, key, self)),
})

process.on('SIGUSR2', () => {
  const text = readFileSync(process.env.CHAOS_CLOCK_FILE!, 'utf8')
  offsetMs = Number(text.split(' ')[0])
  console.log(`clock ${text}`)
})
