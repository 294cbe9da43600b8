/** The public plugin SDK: everything that a connector may import from Postrider. */
export {
  type Classification,
  CONNECTOR_API_VERSION,
  type ConnectorCategory,
  type ConnectorDefinition,
  type ConnectorEvent,
  type ConnectorRequest,
  type ConnectorResponse,
  connectorCategories,
  defineConnector,
  type FieldOption,
  type Host,
  type OptionsContext,
  type RequestContext,
} from './define-connector.ts'
