/** Builds what a browser runs of the portal, when its sources are newer than what was built. `node portal/build.ts`. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import type { Plugin } from 'vite'

const here = import.meta.dirname
/** Where what was built lies; never committed. */
export const builtDirectory = join(here, 'dist')

const isSource = (path: string): boolean => /[.](tsx?|css|html|json|js|svg)$/.test(path) && !/(^|[/])(dist|node_modules|testing)[/]|[.]test[.]tsx?$/.test(path)

function* filesOf(directory: string): Generator<string> {
  for (const item of readdirSync(directory, { withFileTypes: true })) {
    if (item.name === 'dist' || item.name === 'node_modules') continue
    const path = join(directory, item.name)
    if (item.isDirectory()) yield* filesOf(path)
    else yield path
  }
}

/** One value for all that goes in: the sources, those of the verifier, whose page stands beside the portal, and the versions of the packages. */
export function inputsHash(): string {
  const hash = createHash('sha256')
  const sources = [...filesOf(here)].filter((path) => isSource(relative(here, path))).sort()
  const verifier = [...filesOf(join(here, '../verifier'))].filter((path) => isSource(relative(join(here, '../verifier'), path))).sort()
  for (const path of [...sources, ...verifier, join(here, '../package-lock.json')]) hash.update(`${relative(here, path)}\0`).update(readFileSync(path)).update('\0')
  return hash.digest('hex')
}

/** The choice of light or dark is read before anything is drawn, by a file: the policy allows no script inside the page. */
function schemeFirst(): Plugin {
  return {
    name: 'bailee-scheme',
    buildStart() { this.emitFile({ type: 'asset', name: 'scheme.js', source: readFileSync(join(here, 'style/scheme.js')) }) },
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const file = Object.values(bundle ?? {}).find((one) => one.type === 'asset' && one.names.includes('scheme.js'))
        return file === undefined ? [] : [{ tag: 'script', attrs: { src: `./${file.fileName}` }, injectTo: 'head-prepend' }]
      },
    },
  }
}

/** Builds one page and what it needs into a directory, which is replaced. */
export async function bundle({ root, out }: { readonly root: string; readonly out: string }): Promise<void> {
  const [{ build }, { default: react }] = await Promise.all([import('vite'), import('@vitejs/plugin-react')])
  await build({
    root, base: './', configFile: false, logLevel: 'error', publicDir: false, clearScreen: false, plugins: [react(), schemeFirst()],
    define: { 'process.env.NODE_ENV': '"production"' }, mode: 'production',
    build: { outDir: out, emptyOutDir: true, assetsInlineLimit: 0, sourcemap: false, modulePreload: { polyfill: false }, target: 'es2023', cssCodeSplit: true, reportCompressedSize: false, chunkSizeWarningLimit: 2_000 },
  })
}

const marker = join(builtDirectory, 'inputs.txt')
const isMadeOf = (wanted: string): boolean => existsSync(marker) && readFileSync(marker, 'utf8') === wanted

/** Builds the portal unless what lies there was made of these very sources. Returns its directory. Safe to call from several processes: each builds aside and puts it in place whole. */
export async function buildPortal(): Promise<string> {
  // In a process of its own: how it comes out must not hang on what runs this.
  if (!isMadeOf(inputsHash())) await promisify(execFile)(process.execPath, [import.meta.filename], { env: { ...process.env, NODE_ENV: 'production' } })
  return builtDirectory
}

async function buildHere(): Promise<void> {
  const wanted = inputsHash()
  const aside = join(here, 'node_modules', `.built-${process.pid}`)
  mkdirSync(join(here, 'node_modules'), { recursive: true })
  try {
    await bundle({ root: here, out: aside })
    const { buildPage } = await import('../verifier/build.ts')
    writeFileSync(join(aside, 'verify.html'), await buildPage())
    writeFileSync(join(aside, 'inputs.txt'), wanted)
    if (!isMadeOf(wanted)) putInPlace(aside)
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

/** Another process may have put its own there meanwhile: then that one stays, since it was made of the same. */
function putInPlace(aside: string): void {
  rmSync(builtDirectory, { recursive: true, force: true })
  try {
    renameSync(aside, builtDirectory)
  } catch (cause) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause
  }
}

if (import.meta.main) {
  process.env['NODE_ENV'] = 'production'
  await buildHere()
  process.stdout.write(`The portal is built in ${relative(process.cwd(), builtDirectory)}\n`)
}
