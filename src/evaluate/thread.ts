import { worker } from 'workerpool'
import { runTask, type Task } from './task.ts'

// What a thread of threads.ts runs.

worker({ runTasks: (tasks: readonly Task[]) => tasks.map(runTask), ready: () => true })
