/** The public plugin SDK: everything that a connector may import from Postrider. */
export {
  type CheckIssue,
  type Classification,
  CONNECTOR_API_VERSION,
  type ConnectorCategory,
  type ConnectorDefinition,
  type ConnectorEvent,
  type ConnectorRequest,
  type ConnectorResponse,
  connectorCategories,
  type DeliverResult,
  type DestinationHost,
  defineConnector,
  type FieldOption,
  type Host,
  type OptionsContext,
  type RequestContext,
  type Samples,
  type Settings,
  type Shared,
} from './define-connector.ts'
export {
  checkTemplate,
  PLACEHOLDERS,
  type Placeholder,
  placeholdersOf,
  renderTemplate,
  renderWholly,
  templateProblem,
  textOf,
  valueAt,
} from './template.ts'
export { writeJson } from './write-json.ts'
