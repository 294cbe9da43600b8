import { readFile, writeFile } from 'node:fs/promises'

// Takes the one import of a package that only codegen needs out of the built client's types, so that an installation
// needs graphql-ws and nothing else.
const file = new URL('../dist/client/generated/documents.d.ts', import.meta.url)
const imported = /^import type \{ DocumentTypeDecoration \} from '@graphql-typed-document-node\/core';$/m
const inlined = `interface DocumentTypeDecoration<TResult, TVariables> {
    __apiType?: (variables: TVariables) => TResult;
}`
const text = await readFile(file, 'utf8')
if (!imported.test(text)) throw new Error('The typed documents no longer import DocumentTypeDecoration: see codegen.ts')
await writeFile(file, text.replace(imported, inlined))
