import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

export interface ExampleTab {
  /** Name of the operation, which is what GraphiQL calls the tab. */
  readonly title: string
  readonly query: string
}

/** Stands in the examples for the server's own address. */
const LOCAL_SERVER = 'http://127.0.0.1:4000'

/** The files of the folder in the order of their names, for a server at `origin`. */
export async function readExamples(dir: string): Promise<(origin: string) => ExampleTab[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.graphql')).toSorted()
  const texts = await Promise.all(names.map((name) => readFile(path.join(dir, name), 'utf8')))
  return (origin) =>
    texts.map((text) => ({
      title: /^(?:query|mutation|subscription) (\w+)/m.exec(text)?.[1] ?? '',
      query: text.replaceAll(LOCAL_SERVER, origin),
    }))
}
