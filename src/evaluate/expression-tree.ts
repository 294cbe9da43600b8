import type { parse } from '@bufbuild/cel'

type Expr = NonNullable<ReturnType<typeof parse>['expr']>

export interface ExpressionTree {
  /** In the order of the text. */
  readonly problems: readonly { readonly message: string; readonly exprId: bigint }[]
  /** How deep macros that walk over a list stand in each other; 0 without any. */
  readonly nesting: number
  /** Whether it walks over no list and looks through the data a few times at most: see scansOf. */
  readonly isCheap: boolean
}

const VARIABLES = new Set(['event', 'organization'])
/** Types, which CEL lets stand as values. */
const TYPES = new Set(['bool', 'bytes', 'double', 'int', 'list', 'map', 'null_type', 'string', 'type', 'uint'])
/** What macros are written out with. */
const isOfMacro = (name: string) => name.startsWith('@')

/** One scan of a quarter of a megabyte takes some milliseconds at most; a bound is in test/evaluate/cheap.test.ts. */
const MAX_SCANS = 4

/** Names that nothing stands for, which would only show with an event, and how long an expression may take. */
export function inspectExpression(root: Expr, isFunction: (name: string) => boolean): ExpressionTree {
  const problems: { message: string; exprId: bigint }[] = []
  let scans = 0
  const visit = (expr: Expr | undefined, scope: ReadonlySet<string>): number => {
    if (!expr) return 0
    const { case: kind, value } = expr.exprKind
    const deepest = (inner: readonly (Expr | undefined)[]) => Math.max(0, ...inner.map((one) => visit(one, scope)))
    switch (kind) {
      case 'identExpr':
        if (!scope.has(value.name) && !TYPES.has(value.name) && !isOfMacro(value.name))
          problems.push({ message: `there is no "${value.name}", only event and organization`, exprId: expr.id })
        return 0
      case 'selectExpr':
        return visit(value.operand, scope)
      case 'callExpr':
        if (!isFunction(value.function) && !isOperator(value.function))
          problems.push({ message: `there is no function "${value.function}"`, exprId: expr.id })
        scans += scansOf(value.function, value.target ? [value.target, ...value.args] : value.args)
        return deepest([value.target, ...value.args])
      case 'listExpr':
        return deepest(value.elements)
      case 'structExpr':
        if (value.messageName) problems.push({ message: `there is no type "${value.messageName}"`, exprId: expr.id })
        return deepest(
          value.entries.flatMap(({ keyKind, value: entry }) => [
            keyKind.case === 'mapKey' ? keyKind.value : undefined,
            entry,
          ]),
        )
      case 'comprehensionExpr': {
        const inner = new Set([...scope, value.iterVar, value.iterVar2, value.accuVar])
        const range = visit(value.iterRange, scope)
        const step = [value.accuInit, value.loopCondition, value.loopStep, value.result]
        return Math.max(range, 1 + Math.max(0, ...step.map((one) => visit(one, inner))))
      }
      case 'constExpr':
      case undefined:
        return 0
      default:
        return kind satisfies never
    }
  }
  const nesting = visit(root, VARIABLES)
  return { problems, nesting, isCheap: nesting === 0 && scans <= MAX_SCANS }
}

/** Calls that take the same time whatever the data is. */
const INSTANT = new Set(['_&&_', '_||_', '!_', '-_', '_?_:_', '_[_]', '_-_', '_*_', '_/_', '_%_', 'type', 'dyn'])
const COMPARISONS = new Set(['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_'])
/** Calls that look through a value once. */
const LINEAR = new Set([
  ...['size', 'startsWith', 'endsWith', 'lowerAscii', 'upperAscii', 'trim', 'charAt', 'substring'],
  ...['timestamp', 'duration', 'int', 'uint', 'double', 'bool', 'string'],
])
/** Two large values are compared value by value, which takes as long as four scans. */
const VALUE_BY_VALUE = 4
/** Searching for more takes longer than a scan. */
const MAX_SEARCHED = 64

/** How often a call may look through all of the data; Infinity when it may do more than that. */
function scansOf(name: string, operands: readonly Expr[]): number {
  if (INSTANT.has(name) || /^get[A-Z]/.test(name)) return 0
  if (COMPARISONS.has(name)) return operands.some(isConstant) ? 0 : VALUE_BY_VALUE
  // Texts and lists are joined by it too, and grow.
  if (name === '_+_') return operands.some(isNumber) ? 0 : Number.POSITIVE_INFINITY
  if (name === '@in') return operands[1]!.exprKind.case === 'listExpr' ? 1 : VALUE_BY_VALUE
  if (name === 'contains') return isShortText(operands[1]) ? 1 : Number.POSITIVE_INFINITY
  return LINEAR.has(name) ? 1 : Number.POSITIVE_INFINITY
}

function isConstant({ exprKind }: Expr): boolean {
  return exprKind.case === 'constExpr'
}

function isNumber({ exprKind }: Expr): boolean {
  if (exprKind.case !== 'constExpr') return false
  return ['int64Value', 'uint64Value', 'doubleValue'].includes(exprKind.value.constantKind.case ?? '')
}

function isShortText(expr: Expr | undefined): boolean {
  if (expr?.exprKind.case !== 'constExpr') return false
  const { case: kind, value } = expr.exprKind.value.constantKind
  return kind === 'stringValue' && value.length <= MAX_SEARCHED
}

/** Those that CEL's planner knows itself. */
const OPERATORS = new Set(['_&&_', '_||_', '_?_:_', '_==_', '_!=_', '_[_]', '!_'])

function isOperator(name: string): boolean {
  return OPERATORS.has(name) || isOfMacro(name)
}
