import type { CodegenConfig } from '@graphql-codegen/cli'

/** Typed documents of src/client/operations.graphql, for tests, the demo and whatever else talks to the API. */
const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  documents: ['src/client/operations.graphql'],
  generates: {
    'src/client/generated/documents.ts': {
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        documentMode: 'string',
        useTypeImports: true,
        enumsAsTypes: true,
        importExtension: '.ts',
        scalars: {
          DateTime: 'string',
          DateTimeOrDuration: 'string',
          JSON: 'unknown',
          JSONObject: 'Record<string, unknown>',
        },
      },
    },
  },
}

export default config
