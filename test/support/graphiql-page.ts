import path from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** What GraphiQL leaves of Monaco in the page's window for others to reach. */
declare const __MONACO: {
  editor: { getModels(): { uri: { path: string }; getValue(): string; setValue(text: string): void }[] }
}

/** By the names that GraphiQL gives to what they hold. */
type Editor = 'operation.graphql' | 'variables.json' | 'request-headers.json' | 'response.json'

export async function isReady(page: Page): Promise<void> {
  await page.locator('.graphiql-query-editor .monaco-editor .view-line').first().waitFor()
}

export function tabsOf(page: Page): Promise<string[]> {
  return page.locator('.graphiql-tab-button').allInnerTexts()
}

export async function openTab(page: Page, name: string): Promise<void> {
  await page.locator('.graphiql-tab-button', { hasText: name }).click()
  await editorHas(page, 'operation.graphql', name)
  await isRead(page)
}

export async function run(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Execute query/ }).click()
}

export async function stop(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Stop/ }).click()
}

export async function responseHas(page: Page, text: string): Promise<void> {
  await editorHas(page, 'response.json', text).catch(async (cause) => {
    throw new Error(`The response never had ${text}:\n${await textOf(page, 'response.json')}`, { cause })
  })
}

export async function responseOf(page: Page): Promise<unknown> {
  return JSON.parse(await textOf(page, 'response.json'))
}

export async function editorHas(page: Page, editor: Editor, text: string): Promise<void> {
  await becomesSo(
    page,
    ([editor, text]) => {
      const model = __MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith(editor))
      return model?.getValue().includes(text)
    },
    [editor, text] as const,
  )
}

export async function textOf(page: Page, editor: Editor): Promise<string> {
  return page.evaluate(
    (editor) =>
      __MONACO.editor
        .getModels()
        .find(({ uri }) => uri.path.endsWith(editor))
        ?.getValue() ?? '',
    editor,
  )
}

/** As if it were pasted over all that is there. */
export async function setText(page: Page, editor: Editor, text: string): Promise<void> {
  await page.evaluate(
    ([editor, text]) => {
      const model = __MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith(editor))
      model!.setValue(text)
    },
    [editor, text] as const,
  )
  if (editor === 'operation.graphql') await isRead(page)
}

/**
 * GraphiQL parses an operation 100 ms after its text changed, shows that nowhere, and runs what it knew before until then.
 * It stores the text at the same time.
 */
export async function isRead(page: Page): Promise<void> {
  await becomesSo(
    page,
    () => {
      const model = __MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith('operation.graphql'))
      return localStorage.getItem('postrider:graphiql:query') === model?.getValue()
    },
    undefined,
  )
}

/** Not waitForFunction: that evaluates text inside the page, which the page's policy refuses. */
export async function becomesSo<Arg>(page: Page, isSo: (arg: Arg) => boolean | undefined, arg: Arg): Promise<void> {
  const look = page.evaluate as (isSo: (arg: Arg) => boolean | undefined, arg: Arg) => Promise<boolean | undefined>
  await expect.poll(() => look.call(page, isSo, arg), { timeout: 15_000 }).toBe(true)
}

/** With SHOTS=FOLDER in the environment, for people who want to see the page. */
export async function shot(page: Page, name: string): Promise<void> {
  if (process.env.SHOTS) await page.screenshot({ path: path.join(process.env.SHOTS, `${name}.png`) })
}
