import { existsSync, readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import ts from 'typescript'

// SQL stands in files whose name says so, in the rooms of tables and of the queue, and in the files named here: a reader who
// changes a table finds every statement on it.

const rooms = ['src/store/', 'src/queue/']

/** Files of another name, with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  'src/maintenance/reseal.ts': 'builds each statement from the table of sealed columns above it',
  'src/maintenance/retention.ts': 'each lock and drop is a step of the one verb that the file is',
  'src/deliver/connector-warnings.ts': 'two statements on a table that is its own',
}

/** How a statement begins. */
const STATEMENT =
  /^\s*(?:select\s(?=.*(?:\bfrom\b|\())|insert into\s|delete from\s|update\s+\S+\s+(?:\w+\s+)?set\s|with\s+(?:recursive\s+)?\w+\s.*?\bas\s+(?:not\s+|materialized\s+)*\(|(?:lock|drop|alter|create|truncate)\s+(?:table|index|schema|view)\s|set local\s|(?:un)?listen\s|notify\s|begin$|commit$|rollback$)/is

/** A placeholder that something is compared with or cast from. */
const FRAGMENT = /(?:[=<>(,]|\bany\(|\blimit|\bbetween|\band)\s*\$\d\b/i

const RUNS_SQL = /^(?:sql|tx|execute|query)$/

/** Without one of these words or a placeholder a file holds no SQL, and need not be parsed. */
const MAYBE =
  /\b(?:select|insert|delete|update|with|table|index|view|schema|local|listen|notify|begin|commit|rollback|sql|tx|execute|query)\b|\$\d/i

const mayHoldSql = (file: string) => rooms.some((room) => file.startsWith(room)) || file.endsWith('-sql.ts')

const found: string[] = []
for await (const file of glob('src/**/*.ts', { exclude: ['src/graphiql/**', 'src/client/**'] })) {
  if (mayHoldSql(file)) continue
  const lines = findSql(file)
  if (!(file in exceptions)) found.push(...lines)
  else if (lines.length === 0) found.push(`${file}: is an exception of scripts/check-sql.ts, and holds no SQL`)
}
for (const file of Object.keys(exceptions)) {
  if (!existsSync(file)) found.push(`${file}: is an exception of scripts/check-sql.ts, and does not exist`)
}
if (found.length > 0) {
  console.error(
    `SQL belongs in a file named *-sql.ts, in src/store or in src/queue (scripts/check-sql.ts):\n${found.join('\n')}`,
  )
  process.exit(1)
}

/** Each string of the file that is SQL, with its place. */
function findSql(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  if (!MAYBE.test(text)) return []
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const lines: string[] = []
  const visit = (node: ts.Node): void => {
    if (isSql(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart())
      lines.push(`${file}:${line + 1}: ${node.getText().replaceAll(/\s+/g, ' ').slice(0, 80)}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return lines
}

function isSql(node: ts.Node): boolean {
  const text = literalText(node)
  if (text === undefined) return false
  return STATEMENT.test(text) || FRAGMENT.test(text) || isRun(node)
}

function literalText(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join('x')
}

/** Whether it is what sql(...), tx(...) or em.execute(...) is called with. */
function isRun(node: ts.Node): boolean {
  const { parent } = node
  if (!ts.isCallExpression(parent) || parent.arguments[0] !== node) return false
  const { expression } = parent
  return RUNS_SQL.test(ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText())
}
