import { worker, workerEmit } from 'workerpool'
import { compileMetaSchema } from './payload-schema.ts'
import { runTask, type Task } from './task.ts'

// What a process of processes.ts runs.

function runTasks(tasks: readonly Task[]) {
  // A process may take seconds to start on a busy machine: the time counts from here.
  workerEmit('began')
  return tasks.map(runTask)
}

compileMetaSchema()
worker({ runTasks })
