import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Tool } from '../tools.ts'

/** Where the snippets of the guide are. */
export const snippetsDir = path.resolve(import.meta.dirname, '../../../docs/guides/verify')
const judgesDir = import.meta.dirname

type Command = readonly [string, ...string[]]

export interface Language {
  readonly name: string
  readonly tool: Tool
  /** What runs the judge; `dir` is an empty folder for what has to be built first. */
  judge(dir: string): Command | Promise<Command>
}

const typescript: Language = {
  name: 'TypeScript',
  tool: 'node',
  judge: () => [process.execPath, inJudges('judge.ts')],
}

const python: Language = {
  name: 'Python',
  tool: 'python',
  // -B: no compiled files beside the snippets.
  judge: () => ['python3', '-B', inJudges('judge.py')],
}

const go: Language = {
  name: 'Go',
  tool: 'go',
  async judge(dir) {
    await mkdir(path.join(dir, 'webhook'))
    await copyFile(inSnippets('verify.go'), path.join(dir, 'webhook/verify.go'))
    await copyFile(inJudges('judge.go'), path.join(dir, 'judge.go'))
    await writeFile(path.join(dir, 'go.mod'), 'module receiver\n\ngo 1.20\n')
    return ['go', '-C', dir, 'run', '.']
  },
}

const java: Language = {
  name: 'Java',
  tool: 'java',
  async judge(dir) {
    await execute(['javac', '-encoding', 'UTF-8', '-d', dir, inSnippets('Verify.java'), inJudges('Judge.java')])
    return ['java', '-cp', dir, 'Judge']
  },
}

const ruby: Language = {
  name: 'Ruby',
  tool: 'ruby',
  judge: () => ['ruby', inJudges('judge.rb')],
}

const php: Language = {
  name: 'PHP',
  tool: 'php',
  judge: () => ['php', inJudges('judge.php')],
}

const csharp: Language = {
  name: 'C#',
  tool: 'dotnet',
  async judge(dir) {
    await copyFile(inSnippets('Verify.cs'), path.join(dir, 'Verify.cs'))
    await copyFile(inJudges('Judge.cs'), path.join(dir, 'Judge.cs'))
    // The framework of the SDK that is there: any other would have to be downloaded.
    const major = Number.parseInt(await execute(['dotnet', '--version']), 10)
    await writeFile(
      path.join(dir, 'Judge.csproj'),
      `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net${major}.0</TargetFramework></PropertyGroup>
</Project>
`,
    )
    return ['dotnet', 'run', '--project', dir]
  },
}

export const languages: readonly Language[] = [typescript, python, go, java, ruby, php, csharp]
/** Those in which the guide has the hex scheme as well; their judges take the argument `hex`. */
export const hexLanguages: readonly Language[] = [typescript, python]

/** What the snippet makes of each request, in their order: `accepted`, `refused`, or `failed` for any other error. */
export async function judge(language: Language, requests: readonly Fields[], args: string[] = []): Promise<string[]> {
  const dir = await mkdtemp(path.join(tmpdir(), 'postrider-verify-'))
  try {
    const input = requests.map((fields) => `${fields.map(encode).join('\t')}\n`).join('')
    const output = await execute([...(await language.judge(dir)), ...args], input)
    return output.trimEnd().split(/\r?\n/)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** The arguments of a snippet's function; undefined is a header that is not there. */
export type Fields = readonly (string | Uint8Array | undefined)[]

/** base64, because a body may be any bytes and not every language has JSON. */
function encode(field: string | Uint8Array | undefined): string {
  return field === undefined ? '-' : Buffer.from(field).toString('base64')
}

async function execute([command, ...args]: Command, input = ''): Promise<string> {
  // dotnet greets on standard output when it runs for the first time.
  const running = promisify(execFile)(command, args, { env: { ...process.env, DOTNET_NOLOGO: '1' } })
  // A judge that ends before it has read everything says why in its exit code.
  running.child.stdin!.on('error', () => {}).end(input)
  return (await running).stdout
}

function inSnippets(name: string): string {
  return path.join(snippetsDir, name)
}

function inJudges(name: string): string {
  return path.join(judgesDir, name)
}
