import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import ts from 'typescript'

// Writes docs/connector-sdk.md below its marker, from the comments of what a connector may import; with --check, says whether it
// is as it should be.

const rootDir = path.resolve(import.meta.dirname, '..')
const page = path.join(rootDir, 'docs/connector-sdk.md')
const MARKER = '<!-- Written by `npm run docs` from here on. -->'
const parts = [
  { title: 'postrider/connector', file: 'src/connector/define-connector.ts' },
  { title: 'postrider/connector/kit', file: 'src/kit/finding.ts', names: ['KitOptions', 'Finding'] },
]

type Declaration = (ts.InterfaceDeclaration | ts.TypeAliasDeclaration | ts.VariableStatement) & ts.Statement

async function write(): Promise<string> {
  const sections: string[] = []
  for (const { title, file, names } of parts) {
    const text = await readFile(path.join(rootDir, file), 'utf8')
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
    const declarations = source.statements.filter(isExported).filter((one) => !names || names.includes(nameOf(one)))
    // The definition first: it is what a reader looks for.
    const ordered = declarations.toSorted((a, b) => rank(a) - rank(b))
    sections.push(`## ${title}`, ...ordered.flatMap((one) => sectionOf(one, source)))
  }
  return sections.join('\n\n')
}

function rank(node: Declaration): number {
  const first = ['ConnectorDefinition', 'Host', 'DestinationHost'].indexOf(nameOf(node))
  return first < 0 ? 3 : first
}

function nameOf(node: Declaration): string {
  return ts.isVariableStatement(node) ? node.declarationList.declarations[0]!.name.getText() : node.name.text
}

function isExported(node: ts.Statement): node is Declaration {
  if (!ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node) && !ts.isVariableStatement(node))
    return false
  return (node.modifiers ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
}

function sectionOf(node: Declaration, source: ts.SourceFile): string[] {
  const heading = [`### ${nameOf(node)}`, docOf(node)].filter(Boolean)
  if (!ts.isInterfaceDeclaration(node)) return [...heading, `\`\`\`ts\n${node.getText(source)}\n\`\`\``]
  const base = (node.heritageClauses ?? []).flatMap(({ types }) => types.map((type) => type.getText(source)))
  const rows = node.members.map((member) => {
    const name = `\`${member.name?.getText(source)}${member.questionToken ? '?' : ''}\``
    return `| ${name} | \`${cell(typeOf(member, source))}\` | ${cell(docOf(member))} |`
  })
  return [
    ...heading,
    ...(base.length > 0 ? [`Has all of ${base.map((one) => `\`${one}\``).join(', ')}, and:`] : []),
    ['| member | type | meaning |', '| --- | --- | --- |', ...rows].join('\n'),
  ]
}

function typeOf(member: ts.TypeElement, source: ts.SourceFile): string {
  if (ts.isPropertySignature(member)) return member.type!.getText(source)
  const { parameters, type } = member as ts.MethodSignature
  return `(${parameters.map((one) => one.getText(source)).join(', ')}) => ${type!.getText(source)}`
}

/** The comment of a declaration, as Markdown; that it stands in lines of its own means nothing but for lists. */
function docOf(node: ts.Node): string {
  const text = ts
    .getJSDocCommentsAndTags(node)
    .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '')
    .join('\n')
  return text
    .replace(/\n(?!\s*- )/g, ' ')
    .replace(/ {2,}/g, ' ')
    .replace(/\n\s*- /g, '\n- ')
    .replace(/^(.*:)\n-/, '$1\n\n-')
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim() || ' '
}

const before = (await readFile(page, 'utf8')).split(MARKER)[0]
const after = `${before}${MARKER}\n\n${await write()}\n`
if (!process.argv.includes('--check')) await writeFile(page, after)
else if ((await readFile(page, 'utf8')) !== after) {
  console.error('docs/connector-sdk.md is not what the SDK says: npm run docs')
  process.exitCode = 1
}
