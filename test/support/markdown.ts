/** A fenced block of a page. */
export interface Block {
  readonly language: string
  readonly text: string
}

const FENCED = /^( *)```(\w*)\r?\n(.*?)^\1```\r?$/gms

export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(FENCED)].map(([, indent, language, text]) => ({
    language: language!,
    text: text!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }))
}

/** Where the page's links lead, as they are written. */
export function linksOf(markdown: string): string[] {
  const prose = markdown.replaceAll(FENCED, '').replaceAll(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!)
}

/** What can stand behind the # of a link to the page, as GitHub names its headings. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading] of markdown.replaceAll(FENCED, '').matchAll(/^#{1,6} +(.+?)\r?$/gm)) {
    const slug = heading!
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\-_ ]/gu, '')
      .replaceAll(' ', '-')
    let anchor = slug
    for (let n = 1; anchors.has(anchor); n += 1) anchor = `${slug}-${n}`
    anchors.add(anchor)
  }
  return anchors
}

/** An operation of a page, and the variables that it is shown with. */
export interface Step {
  readonly query: string
  /** JSON with placeholders. */
  readonly variables: string
}

/** A graphql block and each json block behind it; without one, the operation alone. */
export function stepsOf(markdown: string): Step[] {
  const blocks = blocksOf(markdown)
  return blocks.flatMap(({ language, text: query }, i) => {
    if (language !== 'graphql') return []
    const behind = blocks.slice(i + 1)
    const end = behind.findIndex((block) => block.language !== 'json')
    const variables = end < 0 ? behind : behind.slice(0, end)
    return (variables.length > 0 ? variables : [{ text: '{}' }]).map(({ text }) => ({ query, variables: text }))
  })
}
