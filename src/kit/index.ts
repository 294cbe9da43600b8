// The conformance kit, for the tests of connectors: `postrider/connector/kit`, under vitest.
export { type CheckOptions, checkConnector } from './check-connector.ts'
export { type Finding, type Group, groups, type KitOptions } from './finding.ts'
export { testConnector } from './test-connector.ts'
