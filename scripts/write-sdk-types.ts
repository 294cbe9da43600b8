import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import ts from 'typescript'

// Writes the types of `postrider/connector` and `postrider/connector/kit` into dist, or into the folder that is named: who
// builds a connector compiles none of ours. A file at a time, since the kit brings the whole server along.

const [outDir = path.resolve(import.meta.dirname, '../dist')] = process.argv.slice(2)
const srcDir = path.resolve(import.meta.dirname, '../src')
const rooms = await Promise.all(['connector', 'kit'].map(filesOf))

/** The index of a room, and the files that it exports from. */
async function filesOf(room: string): Promise<string[]> {
  const { importedFiles } = ts.preProcessFile(await readFile(path.join(srcDir, room, 'index.ts'), 'utf8'))
  return [`${room}/index.ts`, ...importedFiles.map(({ fileName }) => path.posix.join(room, fileName))]
}

for (const file of rooms.flat()) {
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(await readFile(path.join(srcDir, file), 'utf8'), {
    fileName: file,
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2024, module: ts.ModuleKind.NodeNext, isolatedDeclarations: true },
  })
  for (const { messageText } of diagnostics)
    throw new Error(`${file}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
  const written = path.join(outDir, file.replace(/\.ts$/, '.d.ts'))
  await mkdir(path.dirname(written), { recursive: true })
  await writeFile(written, outputText.replaceAll(/(from '\.[^']*)\.ts'/g, "$1.js'"))
}
