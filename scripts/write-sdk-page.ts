import { readFile, writeFile } from 'node:fs/promises'
import ts from 'typescript'

// Writes what stands in docs/connector-sdk.md below its marker from the comments of what a connector may import; what stands
// above is written by people. With --check only says whether it is fresh.

const MARKER = '<!-- What follows is written by npm run docs. -->\n'

/** What people look for before anything else. */
const FIRST = ['ConnectorDefinition', 'Host', 'DestinationHost']

type Declaration =
  | ts.InterfaceDeclaration
  | ts.TypeAliasDeclaration
  | ts.FunctionDeclaration
  | (ts.VariableStatement & { name?: undefined })

const file = new URL('../docs/connector-sdk.md', import.meta.url)
const present = await readFile(file, 'utf8')
const [head, rest] = present.split(MARKER)
if (rest === undefined) throw new Error(`docs/connector-sdk.md has lost its marker: ${MARKER}`)
const page = `${head}${MARKER}\n${(await sections()).join('\n\n')}\n`
if (!process.argv.includes('--check')) await writeFile(file, page)
else if (present !== page) {
  console.error('docs/connector-sdk.md is stale: run npm run docs')
  process.exitCode = 1
}

async function sections(): Promise<string[]> {
  const parts = ['connector', 'kit'].map(async (room) => {
    const declarations = await exportsOf(room)
    const rank = (one: Declaration) => (FIRST.indexOf(nameOf(one)) + FIRST.length + 1) % (FIRST.length + 1)
    const title = room === 'kit' ? 'postrider/connector/kit' : 'postrider/connector'
    return [`## ${title}`, ...declarations.toSorted((a, b) => rank(a) - rank(b)).flatMap(sectionOf)]
  })
  return (await Promise.all(parts)).flat()
}

/** The declarations of whatever the room's index exports. */
async function exportsOf(room: string): Promise<Declaration[]> {
  const index = await parse(`${room}/index.ts`)
  const found = index.statements.filter(ts.isExportDeclaration).map(async ({ moduleSpecifier, exportClause }) => {
    const names = (exportClause as ts.NamedExports).elements.map((element) => element.name.text)
    const source = await parse(`${room}/${(moduleSpecifier as ts.StringLiteral).text}`)
    return source.statements.filter(isDeclaration).filter((one) => names.includes(nameOf(one)))
  })
  return (await Promise.all(found)).flat()
}

async function parse(name: string): Promise<ts.SourceFile> {
  const text = await readFile(new URL(`../src/${name}`, import.meta.url), 'utf8')
  return ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true)
}

function isDeclaration(node: ts.Statement): node is Declaration {
  return [ts.isInterfaceDeclaration, ts.isTypeAliasDeclaration, ts.isFunctionDeclaration, ts.isVariableStatement].some(
    (isOne) => isOne(node),
  )
}

function nameOf(node: Declaration): string {
  return ts.isVariableStatement(node) ? node.declarationList.declarations[0]!.name.getText() : node.name!.text
}

function sectionOf(node: Declaration): string[] {
  const heading = [`### ${nameOf(node)}`, docOf(node)].filter(Boolean)
  if (!ts.isInterfaceDeclaration(node)) return [...heading, `\`\`\`ts\n${signatureOf(node)}\n\`\`\``]
  const base = (node.heritageClauses ?? []).flatMap(({ types }) => types.map((type) => `\`${type.getText()}\``))
  return [
    ...heading,
    ...(base.length > 0 ? [`Has all of ${base.join(', ')}, and:`] : []),
    ['| member | type | meaning |', '| --- | --- | --- |', ...node.members.flatMap((member) => rows(member))].join(
      '\n',
    ),
  ]
}

function signatureOf(node: Declaration): string {
  if (!ts.isFunctionDeclaration(node)) return node.getText()
  return node
    .getText()
    .slice(0, node.body!.getStart() - node.getStart())
    .trim()
}

/** A row for the member, and for each inside when it is an object of its own. */
function rows(member: ts.TypeElement, place = ''): string[] {
  const name = `${place}${member.name!.getText()}`
  const inside = ts.isPropertySignature(member) && ts.isTypeLiteralNode(member.type!) ? member.type.members : undefined
  const type = inside ? 'object' : typeOf(member)
  return [
    `| \`${name}${member.questionToken ? '?' : ''}\` | \`${cell(type)}\` | ${cell(docOf(member))} |`,
    ...(inside ?? []).flatMap((one) => rows(one, `${name}.`)),
  ]
}

function typeOf(member: ts.TypeElement): string {
  if (ts.isPropertySignature(member)) return member.type!.getText()
  const { parameters, type } = member as ts.MethodSignature
  return `(${parameters.map((one) => one.getText()).join(', ')}) => ${type!.getText()}`
}

/** The comment of a declaration, as Markdown. Its lines mean nothing, but for those of a list. */
function docOf(node: ts.Node): string {
  const text = ts
    .getJSDocCommentsAndTags(node)
    .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '')
    .join('\n')
  const [first = '', ...items] = text.split(/\n\s*- /).map((part) => part.replace(/\s+/g, ' ').trim())
  return items.length > 0 ? `${first}\n\n${items.map((item) => `- ${item}`).join('\n')}` : first
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim()
}
