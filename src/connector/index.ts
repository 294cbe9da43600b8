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
  type RequestContext,
} from './define-connector.ts'
