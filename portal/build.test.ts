import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import { buildPortal, inputsHash } from './build.ts'
import { generated } from './generate.ts'

/** Of `portal.md` 8, gzip, in kilobytes. */
const budgets = { script: 230, style: 24, fonts: 90, laterPage: 60, charts: 90, map: 90, verify: 60 }
let built = ''

beforeAll(async () => { built = await buildPortal() }, 120_000)

const kilobytes = (file: string): number => gzipSync(readFileSync(join(built, 'assets', file))).length / 1_000
const sum = (files: Iterable<string>): number => [...files].reduce((total, file) => total + kilobytes(file), 0)

/** A file and all that it imports before it can run. */
function withImports(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, name = ''] of readFileSync(join(built, 'assets', file), 'utf8').matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) withImports(name, seen)
  return seen
}

const files = (): string[] => readdirSync(join(built, 'assets'))
const entry = (): string => /src="\.\/assets\/(index-[^"]+\.js)"/.exec(readFileSync(join(built, 'index.html'), 'utf8'))?.[1] ?? ''

test('what the first page loads, and what any page adds, stays inside the budgets', () => {
  const first = withImports(entry())
  expect(first.size).toBeGreaterThan(1)
  const today = files().find((file) => /^today-.*[.]js$/.test(file)) ?? ''
  expect(sum(withImports(today, new Set(first))), 'script of the first page').toBeLessThan(budgets.script)
  expect(sum(files().filter((file) => file.endsWith('.css'))), 'all style there is').toBeLessThan(budgets.style)
  expect(sum(files().filter((file) => file.endsWith('.woff2'))), 'fonts').toBeLessThan(budgets.fonts)
  const later = files().filter((file) => file.endsWith('.js') && !first.has(file)).map((file) => [file, sum([...withImports(file, new Set(first))].filter((one) => !first.has(one)))] as const)
  expect(later.filter(([file, size]) => size > (/^plot-/.test(file) ? budgets.charts : /^(copies|map)-/.test(file) ? budgets.map : budgets.laterPage))).toEqual([])
})

test('the page that checks evidence is one small file with a policy of its own', () => {
  const page = readFileSync(join(built, 'verify.html'))
  expect(gzipSync(page).length / 1_000).toBeLessThan(budgets.verify)
  expect(page.toString()).toMatch(/content="default-src 'none'; script-src 'sha256-[^ ]+' 'wasm-unsafe-eval'; style-src 'sha256-[^ ]+'; connect-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"/)
})

test('nothing is inside the page, and nothing points elsewhere: the policy allows neither', () => {
  const page = readFileSync(join(built, 'index.html'), 'utf8')
  expect(page).not.toMatch(/<style|<script(?![^>]*src=)|https?:/)
  for (const file of files().filter((one) => one.endsWith('.css'))) expect([file, readFileSync(join(built, 'assets', file), 'utf8').match(/url\((?!\.\/|["']?data:image\/svg)[^)]*\)|@import/g)]).toEqual([file, null])
})

test('it is built once for the same sources', async () => {
  const marker = join(built, 'inputs.txt')
  expect(readFileSync(marker, 'utf8')).toBe(inputsHash())
  expect(await buildPortal()).toBe(built)
})

test('the types of answers are those of the document (node portal/generate.ts)', async () => {
  expect(readFileSync(join(import.meta.dirname, 'client/document.d.ts'), 'utf8')).toBe(await generated())
}, 300_000)
