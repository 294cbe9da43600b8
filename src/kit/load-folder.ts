import path from 'node:path'
import { folderSource } from '../connector/find-connectors.ts'
import { provideSdk } from '../connector/provide-sdk.ts'

/** The default export of a connector's index.ts, as the server loads it. */
export async function loadFolder(folder: string): Promise<unknown> {
  provideSdk()
  return (await import(folderSource(path.resolve(folder)).moduleUrl())).default
}
