// Stands in for the few things that the nodes import from n8n-workflow at run time: that package is 140 MB with what it
// needs, and its install script fails where npm runs on Node 20. What it does is what n8n-workflow 2.41 does with the same
// arguments, as far as the nodes and these tests can tell: see N8N_WORKFLOW in package.ts.

class NodeError extends Error {
  constructor(node, error, options = {}) {
    const message = options.message ?? (typeof error === 'string' ? error : error.message)
    super(message, typeof error === 'string' ? undefined : { cause: error })
    this.name = this.constructor.name
    this.node = node
    this.description = options.description ?? error.description
    this.context = { itemIndex: options.itemIndex }
  }
}

class NodeOperationError extends NodeError {
  constructor(node, error, options) {
    super(node, error, options)
    if (error instanceof NodeOperationError) Object.assign(this, error)
  }
}

/** What n8n says of a failed request, instead of what the client said; the rest keeps its own message. */
const MESSAGES = {
  401: 'Authorization failed - please check your credentials',
  ECONNREFUSED: 'The service refused the connection - perhaps it is offline',
}

class NodeApiError extends NodeError {
  constructor(node, error, options) {
    const httpCode = error.httpCode ?? (error.response ? String(error.response.status) : null)
    super(node, error, { message: MESSAGES[httpCode ?? error.code], ...options })
    if (error instanceof NodeApiError) Object.assign(this, error)
    this.httpCode = httpCode
  }
}

module.exports = { NodeApiError, NodeConnectionTypes: { Main: 'main' }, NodeOperationError }
