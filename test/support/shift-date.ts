/** Has Date in this process stand this number of milliseconds beside the true time; timers and performance.now() stay. */
export function shiftDate(): { set(offsetMs: number): void; restore(): void } {
  const TrueDate = Date
  let offsetMs = 0
  globalThis.Date = new Proxy(TrueDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length > 0 ? args : [target.now() + offsetMs], newTarget),
    apply: (target) => new target(target.now() + offsetMs).toString(),
    get: (target, key, self) => (key === 'now' ? () => target.now() + offsetMs : Reflect.get(target, key, self)),
  })
  return {
    set(ms) {
      offsetMs = ms
    },
    restore() {
      globalThis.Date = TrueDate
    },
  }
}
