import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { within } from './until.ts'

/** A script of this folder in a process of its own, which answers one message at a time. */
export interface Child extends AsyncDisposable {
  /** Resolves to the answer; throws when there is none in time, or the process ends. */
  ask<Answer>(question: object, deadlineMs?: number): Promise<Answer>
}

/** Starts it. It says something once it is ready: `greeting`. */
export async function startChild<Greeting>(script: string): Promise<{ child: Child; greeting: Greeting }> {
  const running = fork(path.join(import.meta.dirname, script), { execArgv: ['--import', 'tsx'] })
  try {
    const greeting = await nextMessage<Greeting>(running, `${script} starts`, 30_000)
    return { child: toChild(running, script), greeting }
  } catch (error) {
    await end(running)
    throw error
  }
}

function toChild(running: ChildProcess, script: string): Child {
  return {
    ask<Answer>(question: object, deadlineMs = 30_000) {
      if (!running.connected) throw new Error(`${script} has ended`)
      running.send(question)
      return nextMessage<Answer>(running, `${script} answers ${JSON.stringify(question).slice(0, 80)}`, deadlineMs)
    },
    [Symbol.asyncDispose]: () => end(running),
  }
}

async function nextMessage<Message>(child: ChildProcess, what: string, deadlineMs: number): Promise<Message> {
  const over = new AbortController()
  try {
    const message = once(child, 'message', over).then(([first]) => first as Message)
    const gone = once(child, 'exit', over).then(([code, signal]) => {
      throw new Error(`Ended (${signal ?? code}) before this: ${what}`)
    })
    return await within(what, deadlineMs, Promise.race([message, gone]))
  } finally {
    over.abort()
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
