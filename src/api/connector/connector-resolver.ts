import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql'
import type { Connector, ConnectorRegistry } from '../../connector/registry.ts'
import type { ApiContext } from '../context.ts'
import { ConnectorCategory, ConnectorType, ConnectorWarning } from './connector-type.ts'

@Resolver(() => ConnectorType)
export class ConnectorResolver {
  @Query(() => [ConnectorType], { description: 'What destinations can be made of, by name.' })
  connectors(
    @Ctx() { parts }: ApiContext,
    @Arg('category', () => ConnectorCategory, { nullable: true, description: 'Only of this sort. Default: all.' })
    category?: keyof typeof ConnectorCategory | null,
  ): ConnectorType[] {
    return [...parts.connectors.keys()]
      .map((key) => connectorOf(parts.connectors, key))
      .filter((connector) => !category || connector.category === category)
      .toSorted((a, b) => a.displayName.localeCompare(b.displayName))
  }

  @Query(() => ConnectorType, { nullable: true, description: 'null when there is none of this key.' })
  connector(
    @Arg('key', () => String, { description: 'As destinations name it.' }) key: string,
    @Ctx() { parts }: ApiContext,
  ): ConnectorType | null {
    return parts.connectors.has(key) ? connectorOf(parts.connectors, key) : null
  }

  @FieldResolver(() => [ConnectorWarning], {
    description:
      'What was seen of this version in the last 7 days, such as a buildRequest that took over 50 ms and held up all other deliveries.',
  })
  async warnings(@Root() { key, version }: ConnectorType, @Ctx() { loaders }: ApiContext): Promise<ConnectorWarning[]> {
    return (await loaders.connectorWarnings.load(key)).filter((one) => one.version === version)
  }
}

/** The connector of this key; MISSING when it is not installed. */
export function connectorOf(connectors: ConnectorRegistry, key: string): ConnectorType {
  const connector = connectors.get(key)
  return connector?.status === 'READY' ? readyType(connector) : absentType(key, connector)
}

function readyType({ definition, ...rest }: Extract<Connector, { status: 'READY' }>): ConnectorType {
  const { key, version, displayName, description, category, rateLimit = null, check, options = {} } = definition
  const shown = category.toUpperCase() as keyof typeof ConnectorCategory
  const abilities = { rateLimit, canCheck: check !== undefined, optionFields: Object.keys(options) }
  return { ...rest, ...abilities, key, version, displayName, description, category: shown, statusReason: null }
}

function absentType(key: string, failed: Extract<Connector, { status: 'FAILED' }> | undefined): ConnectorType {
  return {
    key,
    version: '',
    displayName: key,
    description: '',
    category: 'OTHER',
    status: failed ? 'FAILED' : 'MISSING',
    statusReason: failed?.reason ?? 'Not installed',
    setupGuide: failed?.setupGuide ?? null,
    iconSvg: failed?.iconSvg ?? null,
    canCheck: false,
    optionFields: [],
    configSchema: {},
    credentialSchema: null,
  }
}
