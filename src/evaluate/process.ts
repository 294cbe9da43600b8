import { setPriority } from 'node:os'
import { worker, workerEmit } from 'workerpool'
import { compileMetaSchema } from './payload-schema.ts'
import { runTask, type Task } from './task.ts'

// What a process of processes.ts runs.

function runTasks(tasks: readonly Task[]) {
  // A process may take seconds to start on a busy machine: the time counts from here.
  workerEmit('began')
  return tasks.map(runTask)
}

/** Of processors that are busy, deliveries get three times as much as what customers let us compute. */
const NICE = 5

setPriority(NICE)
compileMetaSchema()
worker({ runTasks })
