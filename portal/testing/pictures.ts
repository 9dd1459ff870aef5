/** Takes the pictures of the documents anew, from the case: `node portal/testing/pictures.ts`. Each lies in docs/pictures, light and dark. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { playCase } from '../../server/case/index.ts'
import { openBailee } from '../../server/composition/index.ts'
import { buildServer, listenApi } from '../../server/api/index.ts'
import { buildPortal } from '../build.ts'
import { openBrowser, visit } from './chromium.ts'

const out = join(import.meta.dirname, '../../docs/pictures')
/** A document that is read over a network carries no more than this for each, in bytes. */
const bytesMax = 200_000
/** After everything in the case that has a page has happened. */
const now = Date.parse('2021-01-15T00:00:00Z') / 1000
const people = Number(process.argv[2] ?? 89_311) // as many as the case's own small world

/** The night after the copy was made. */
const night = '2019-04-16T12:00:00Z'

const pictures = [
  { name: 'copies', path: `copies?controller=deezer&at=${night}&copy=FINDING`, width: 1440, height: 860 },
  { name: 'exit', path: 'erasures/EXIT-deezer-2016', width: 1280, height: 860 },
  { name: 'register', path: 'register?controller=deezer', width: 1280, height: 860 },
  { name: 'phone', path: `copies?controller=deezer&at=${night}`, width: 390, height: 844 },
] as const

/** Everybody is the DPO here: nothing listens but for this one browser. */
const principal = { account: { id: 'dpo', name: 'Dana' }, person: 'dana', roles: ['dpo' as const], controller: null, scopes: null, until: now + 86_400, language: 'en' as const }

const directory = mkdtempSync(join(tmpdir(), 'bailee-pictures-'))
try {
  process.stdout.write(`The case is played with ${people} people\n`)
  const report = await playCase({ people, seed: 2019, directory: join(directory, 'case'), onBegin: () => undefined, onStep: ({ id, ok, told }) => { if (!ok) process.stderr.write(`${id}: ${told}\n`) }, progress: () => undefined })
  if (!report.ok) throw new Error('the case did not hold')
  const bailee = await openBailee({ directory: join(directory, 'case'), clock: 'replayed', environment: {} }, now)
  const browser = await openBrowser()
  try {
    const signIn = { authenticate: async () => principal, end: async () => undefined, redeemLink: async () => undefined }
    const app = await buildServer({ bailee, clock: () => now, signIn: signIn as never, origin: 'http://localhost:8443', portal: await buildPortal(), asController: () => { throw new Error('nobody is a controller here') }, report: (problem) => { throw new Error(problem) } })
    const serving = await listenApi(app, { host: '127.0.0.1', port: 0 })
    const somebody = await visit(browser, { url: `http://127.0.0.1:${serving.port}/`, now })
    const found = await (await somebody.context.request.get(`http://127.0.0.1:${serving.port}/api/v1/findings?controller=deezer&at=${night}`)).json() as { items: { id: string; store: string }[] }
    const finding = found.items.find(({ store }) => store === 'test-db')?.id ?? ''
    for (const { name, path, width, height } of pictures) for (const scheme of ['light', 'dark'] as const) {
      await somebody.page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
      await somebody.page.setViewportSize({ width, height })
      await somebody.open(path.replace('FINDING', finding))
      const file = join(out, `${name}-${scheme}.png`)
      writeFileSync(file, await somebody.page.screenshot())
      process.stdout.write(`${name}-${scheme}.png: ${Math.round(statSync(file).size / 1000)} kB${statSync(file).size > bytesMax ? ', TOO LARGE' : ''}\n`)
    }
    await serving.close()
  } finally {
    await browser.close()
    await bailee.close()
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}
