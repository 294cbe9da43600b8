import type { ConnectorDefinition, Host } from '../../connector/define-connector.ts'
import type { Connector, ConnectorRegistry, ReadyConnector } from '../../connector/registry.ts'
import type { Resolve } from '../resolve.ts'
import type { ThreadData } from './sides.ts'
import { type ConnectorThread, type HostedCall, startThread } from './start-thread.ts'

export interface IsolateOptions extends Pick<ThreadData, 'allow' | 'proxy'> {
  readonly resolve: Resolve
  readonly onError: (error: Error) => void
}

export interface IsolatedConnectors extends AsyncDisposable {
  readonly connectors: ConnectorRegistry
}

/**
 * Connectors that deliver by themselves work with the outside in a thread each. Whatever their libraries do there, such as
 * throwing in a later turn, spinning, or filling the memory, fails their own attempts and nothing else. A thread starts with the
 * first call and, when it has ended, with the next one. Pure methods stay where they are, and so do connectors that only
 * describe a request, or were not loaded from a module.
 */
export function isolateConnectors(registry: ConnectorRegistry, options: IsolateOptions): IsolatedConnectors {
  const isolating = new AsyncDisposableStack()
  const connectors = new Map<string, Connector>()
  for (const [key, connector] of registry) {
    const { moduleUrl } = connector.status === 'READY' && connector.definition.deliver ? connector : {}
    connectors.set(key, moduleUrl ? isolate(connector as ReadyConnector, moduleUrl, { options, isolating }) : connector)
  }
  return { connectors, [Symbol.asyncDispose]: () => isolating.disposeAsync() }
}

function isolate(
  connector: ReadyConnector,
  moduleUrl: string,
  { options, isolating }: { options: IsolateOptions; isolating: AsyncDisposableStack },
): ReadyConnector {
  const { key } = connector.definition
  const { onError } = options
  let thread: ConnectorThread | undefined
  const start = () => {
    const started = startThread({
      ...options,
      moduleUrl,
      onEnd(why) {
        if (thread === started) thread = undefined
        onError(new Error(`The thread of the connector ${key} ended: ${why}`))
      },
      onUnhandled: (where) => onError(new Error(`The connector ${key} leaves a rejected promise behind: ${where}`)),
    })
    return started
  }
  const running = () => {
    thread ??= start()
    return thread
  }
  isolating.defer(() => thread?.[Symbol.asyncDispose]())
  return {
    ...connector,
    definition: threaded(connector.definition, (call) => running().run(call)),
    prepare: () => running().ready,
  }
}

/** The definition, with those methods run elsewhere that work with the outside. */
function threaded(definition: ConnectorDefinition, run: (call: HostedCall) => Promise<unknown>): ConnectorDefinition {
  const { options } = definition
  const method = (name: 'deliver' | 'check' | 'onCreate' | 'onDelete') =>
    definition[name] && {
      [name]: (host: Host, context: HostedCall['context']) => run({ method: name, field: undefined, context, host }),
    }
  const choices = (field: string) => (host: Host, context: HostedCall['context']) =>
    run({ method: 'options', field, context, host })
  const replaced = {
    ...method('deliver'),
    ...method('check'),
    ...method('onCreate'),
    ...method('onDelete'),
    ...(options && { options: Object.fromEntries(Object.keys(options).map((field) => [field, choices(field)])) }),
  }
  // What the definition inherits stays; and it may be frozen.
  return Object.create(definition, Object.getOwnPropertyDescriptors(replaced))
}
