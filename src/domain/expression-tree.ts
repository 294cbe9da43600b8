import type { parse } from '@bufbuild/cel'

type Expr = NonNullable<ReturnType<typeof parse>['expr']>

export interface ExpressionTree {
  /** In the order of the text. */
  readonly problems: readonly { readonly message: string; readonly exprId: bigint }[]
  /** How deep macros that walk over a list stand in each other; 0 without any. */
  readonly nesting: number
}

const VARIABLES = new Set(['event', 'organization'])
/** Types, which CEL lets stand as values. */
const TYPES = new Set(['bool', 'bytes', 'double', 'int', 'list', 'map', 'null_type', 'string', 'type', 'uint'])
/** What macros are written out with. */
const isOfMacro = (name: string) => name.startsWith('@')

/** Names that nothing stands for, which would only show with an event, and how long an expression may take. */
export function inspectExpression(root: Expr, isFunction: (name: string) => boolean): ExpressionTree {
  const problems: { message: string; exprId: bigint }[] = []
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
  return { problems, nesting }
}

/** Those that CEL's planner knows itself. */
const OPERATORS = new Set(['_&&_', '_||_', '_?_:_', '_==_', '_!=_', '_[_]', '!_'])

function isOperator(name: string): boolean {
  return OPERATORS.has(name) || isOfMacro(name)
}
