/** Builds what others install or open of the verifier: a package without dependencies, one file for Node, one page for a browser. `node verifier/build.ts DIR`. */
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { rolldown } from 'rolldown'

const here = import.meta.dirname
const root = join(here, '..')
const manifest = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')) as Record<string, unknown>

/** One module of everything that `entry` needs; the same source gives the same bytes. `spaces`: without these and comments, and with every name, for those who bundle it once more. */
async function bundled(entry: string, { platform, minify }: { platform: 'node' | 'browser'; minify: boolean | 'spaces' }): Promise<string> {
  const bundle = await rolldown({ input: join(here, entry), cwd: here, platform, external: /^node:/, transform: { target: 'es2022' } })
  const { output } = await bundle.generate({ format: 'esm', minify: minify === 'spaces' ? { mangle: false, compress: false, codegen: { removeWhitespace: true } } : minify })
  await bundle.close()
  if (output.length !== 1) throw new Error(`${entry} came out in ${output.length} files`)
  return output[0].code
}

/** The command as one file for Node, without dependencies. */
export const buildCommand = (): Promise<string> => bundled('main.ts', { platform: 'node', minify: false })

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** The page as one file: script and style stand in it, and its policy allows these two by their hashes and, where a server gave it, requests to that server; nothing else. */
export async function buildPage(): Promise<string> {
  const script = (await bundled('browser/page.ts', { platform: 'browser', minify: true })).replaceAll('</script', '<\\/script').trim()
  const style = readFileSync(join(here, 'browser/page.css'), 'utf8').trim()
  const policy = ["default-src 'none'", `script-src ${hashOf(script)} 'wasm-unsafe-eval'`, `style-src ${hashOf(style)}`, "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"].join('; ')
  const page = readFileSync(join(here, 'browser/page.html'), 'utf8')
  return page.replace('POLICY', () => policy).replace('STYLE', () => style).replace('SCRIPT', () => script)
}

/** Writes all of it into a directory, which is replaced. */
export async function buildVerifier(directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  const put = (name: string, text: string, mode = 0o644): void => { writeFileSync(join(directory, name), text, { mode }) }
  put('index.js', await bundled('index.ts', { platform: 'node', minify: false }))
  put('browser.js', await bundled('browser/index.ts', { platform: 'browser', minify: 'spaces' }))
  put('bailee-verify.mjs', await buildCommand(), 0o755)
  put('verify.html', await buildPage())
  const types = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--rewriteRelativeImportExtensions', '--outDir', join(directory, 'types'), '--rootDir', here]
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(here, 'browser/tsconfig.json'), ...types], { stdio: 'inherit' })
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--ignoreConfig', join(here, 'index.ts'), '--target', 'es2024', '--module', 'nodenext', '--types', 'node', '--skipLibCheck', '--strict', '--allowImportingTsExtensions', ...types], { stdio: 'inherit', cwd: root })
  put('package.json', `${JSON.stringify({
    ...manifest, engines: { node: '>=20' }, bin: { 'bailee-verify': './bailee-verify.mjs' }, sideEffects: false,
    exports: { '.': { types: './types/index.d.ts', default: './index.js' }, './browser': { types: './types/browser/index.d.ts', default: './browser.js' }, './verify.html': './verify.html' },
  }, null, 2)}\n`)
  for (const name of ['LICENSE']) cpSync(join(root, name), join(directory, name))
  cpSync(join(here, 'README.md'), join(directory, 'README.md'))
}

if (import.meta.main) {
  const [directory] = process.argv.slice(2)
  if (directory === undefined) throw new Error('where to? node verifier/build.ts DIR')
  await buildVerifier(resolve(directory))
}
