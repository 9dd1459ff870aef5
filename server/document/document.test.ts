import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { streamDocument, writeDocument, type Block, type PaperDocument } from './index.ts'

const directory = mkdtempSync(join(tmpdir(), 'bailee-document-'))
afterAll(() => { rmSync(directory, { recursive: true }) })

const tools = (() => {
  try {
    execFileSync('pdftotext', ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write('SKIPPED: poppler-utils is not installed; pages are not read back\n')
    return false
  }
})()

const run = (tool: string, ...options: string[]): string => execFileSync(tool, options, { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 })

const long = Array.from({ length: 1_200 }, (_, at) => `word${at}`)

const paper: PaperDocument & { readonly blocks: readonly Block[] } = {
  id: 'CRT-EX-1', title: 'Certificat <d\'effacement> & annexes', language: 'fr', author: 'Processeur & Fils', at: 1_700_000_000, warning: 'CE DOCUMENT NE VAUT PLUS : une copie a été trouvée.',
  attachments: [{ name: 'certificate.dsse.json', mediaType: 'application/json', bytes: Buffer.from('{"à":1}'), relationship: 'Source' }],
  blocks: [
    { kind: 'heading', level: 1, text: 'Certificat d’effacement' }, { kind: 'paragraph', text: 'Où cœur, naïveté, Ελληνικά, Кириллица, Łódź.' },
    { kind: 'list', items: ['premier', 'second'] }, { kind: 'pairs', pairs: [['Responsable', 'Société Exemple'], ['sha256', 'ab'.repeat(32)]] },
    { kind: 'table', columns: [{ title: 'Lieu' }, { title: 'Lignes', share: 2 }], rows: Array.from({ length: 60 }, (_, at) => [`lieu-${at}`, `${at} lignes`]) },
    { kind: 'table', columns: [{ title: 'Une' }, { title: 'Deux' }], rows: [['court', long.join(' ')]] },
    { kind: 'table', columns: [{ title: 'Vide' }], rows: [], none: 'rien du tout' },
    { kind: 'heading', level: 2, text: 'Fin' }, { kind: 'paragraph', tone: 'small', text: long.join(' ') },
  ],
}

let bytes: Uint8Array
const file = join(directory, 'paper.pdf')
beforeAll(async () => {
  bytes = await writeDocument(paper)
  writeFileSync(file, bytes)
})

test('the same document gives the same bytes, and another id gives others', async () => {
  const small = { ...paper, blocks: paper.blocks.slice(0, 4) }
  const once = Buffer.from(await writeDocument(small))
  expect(once.equals(await writeDocument(small))).toBe(true)
  expect(once.equals(await writeDocument({ ...small, id: 'CRT-EX-2' }))).toBe(false)
  expect(bytes.length).toBeLessThan(200_000)
})

test.runIf(tools)('every word stands on the pages, with header rows, warning and numbers on each of them', () => {
  const text = run('pdftotext', '-raw', file, '-').normalize('NFC')
  for (const word of ['Où cœur, naïveté, Ελληνικά, Кириллица, Łódź.', 'rien du tout', 'lieu-59', 'premier']) expect(text).toContain(word)
  expect(run('pdftotext', '-layout', file, '-').replace(/\s/g, '')).toContain('ab'.repeat(16))
  const seen = text.match(/\bword\d+\b/g) ?? []
  expect(new Set(seen).size).toBe(long.length)
  expect(seen).toHaveLength(2 * long.length) // nothing lost where a row or a paragraph goes on on the next page, nothing twice
  const pages = text.split('\f').slice(0, -1)
  expect(pages.length).toBeGreaterThan(4)
  for (const [at, page] of pages.entries()) {
    expect(page).toContain('CE DOCUMENT NE VAUT PLUS')
    expect(page).toContain(`page ${at + 1} sur ${pages.length}`)
    if (/lieu-\d+ \d/.test(page)) expect(page).toContain('Lieu Lignes')
  }
})

test.runIf(tools)('it is tagged, in its language, with its typefaces inside, and its title escaped', () => {
  const info = run('pdfinfo', file)
  expect(info).toMatch(/Tagged: +yes/)
  expect(info).toContain('Certificat <d\'effacement> & annexes')
  const structure = run('pdfinfo', '-struct-text', file)
  for (const tag of ['Document', 'H1', 'L ', 'LI', 'Table', 'TR', 'TH', 'TD']) expect(structure).toContain(tag)
  expect(structure).toContain('Où cœur')
  for (const line of run('pdffonts', file).trim().split('\n').slice(2)) expect(line).toMatch(/yes +yes +yes/)
  expect(readFileSync(file, 'latin1')).toContain('&lt;d\'effacement&gt; &amp; annexes')
})

test.runIf(tools)('what is attached comes out as it went in', () => {
  run('pdfdetach', '-save', '1', '-o', join(directory, 'out.json'), file)
  expect(readFileSync(join(directory, 'out.json'), 'utf8')).toBe('{"à":1}')
})

test('a signature gets every byte but its own place, and stands there', async () => {
  let signed = Buffer.alloc(0)
  const signature = Buffer.from('30030101ff', 'hex')
  const written = Buffer.from(await writeDocument({ ...paper, blocks: paper.blocks.slice(0, 2), signing: { name: 'Zoé', reason: 'Effacement', at: 1_700_000_000, sign: (given) => { signed = Buffer.from(given); return Promise.resolve(signature) } } }))
  const [, open, close, rest] = /\/ByteRange \[0 (\d+) (\d+) (\d+)\]/.exec(written.toString('latin1')) ?? []
  expect(Buffer.concat([written.subarray(0, Number(open)), written.subarray(Number(close))]).equals(signed)).toBe(true)
  expect(Number(close) + Number(rest)).toBe(written.length)
  expect(written.subarray(Number(open), Number(open) + 11).toString()).toBe('<30030101ff')
  await expect(writeDocument({ ...paper, blocks: paper.blocks.slice(0, 2), signing: { name: 'Zoé', reason: 'x', at: 0, sign: () => Promise.resolve(Buffer.alloc(20_000)) } })).rejects.toThrow(/does not fit/)
})

test('pages are handed on while others are still to be made, and are the bytes of the whole', async () => {
  let asked = 0
  const blocks = function* (): Generator<Block> {
    for (let at = 0; at < 800; at += 1) {
      asked += 1
      yield at % 20 === 0 ? { kind: 'heading', level: 2, text: `Chapitre ${at}` } : { kind: 'paragraph', text: long.slice(at % 400, at % 400 + 90).join(' ') }
    }
  }
  const document = { ...paper, blocks: { [Symbol.iterator]: blocks } }
  const pieces: { readonly bytes: Uint8Array; readonly asked: number }[] = []
  await streamDocument(document, (bytes) => { pieces.push({ bytes, asked }) })
  expect(pieces[0]!.asked).toBeLessThan(700)
  expect(new Set(pieces.map((piece) => piece.asked)).size).toBeGreaterThan(1)
  const whole = Buffer.concat(pieces.map(({ bytes: piece }) => piece))
  expect(whole.equals(await writeDocument(document))).toBe(true)
  if (!tools) return
  writeFileSync(join(directory, 'long.pdf'), whole)
  const pages = run('pdftotext', '-raw', join(directory, 'long.pdf'), '-').normalize('NFC').split('\f').slice(0, -1)
  expect(pages.length).toBeGreaterThan(20)
  for (const [at, page] of pages.entries()) expect(page).toContain(`page ${at + 1} sur ${pages.length}`)
  // Every mark of every page has its part of the text: none was let go before it was known.
  expect(run('pdfinfo', '-struct-text', join(directory, 'long.pdf')).match(/Chapitre \d+/g)).toHaveLength(40)
}, 300_000)
