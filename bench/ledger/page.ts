/** The verifier's page over a long bundle, in a real Chromium: from the moment the file is chosen until the page says what it found. */
import { spawnSync } from 'node:child_process'
import { createWriteStream, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import yazl from 'yazl'
import { openBrowser } from '../../portal/testing/chromium.ts'
import { buildPage } from '../../verifier/build.ts'
import { rounded, type Measured } from '../result.ts'

const rounds = 3

/** A bundle as one file, as clients are sent it. */
async function zipped(bundle: string, file: string): Promise<void> {
  const archive = new yazl.ZipFile()
  for (const entry of readdirSync(bundle, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    archive.addFile(path, relative(bundle, path), { compress: false })
  }
  archive.end()
  await pipeline(archive.outputStream, createWriteStream(file))
}

/** Nothing where no Chromium can be run, and says so. */
export async function benchPage(directory: string, bundle: string, { entries, log }: { readonly entries: number; readonly log: (line: string) => void }): Promise<Measured[]> {
  const [page, zip] = [join(directory, 'verify.html'), join(directory, 'bundle.zip')]
  writeFileSync(page, await buildPage())
  await zipped(bundle, zip)
  const browser = await openBrowser().catch((cause: unknown) => { log(`NOT MEASURED: the page in a browser, because none can be run here: ${String(cause).split('\n')[0]}`) })
  if (browser === undefined) return []
  const seconds: number[] = []
  try {
    for (let round = 0; round < rounds; round += 1) {
      const window = await browser.newPage()
      await window.goto(pathToFileURL(page).href)
      const began = performance.now()
      await window.setInputFiles('#file', zip)
      let said = ''
      while (!/^(?!Checking)./.test(said)) { // from here: the page's own policy lets nobody wait inside it
        await sleep(20)
        said = await window.textContent('#sentence') ?? ''
      }
      seconds.push((performance.now() - began) / 1_000)
      if (!said.startsWith('The record is whole')) throw new Error(`the page refuses the bundle: ${said}`)
      await window.close()
    }
  } finally {
    await browser.close()
  }
  const median = seconds.toSorted((one, other) => one - other)[rounds >> 1] ?? 0
  log(`${entries} entries (${Math.round(statSync(zip).size / 1e6)} MB) verified by the page in Chromium in ${rounded(median)} s`)
  return [{ what: `that bundle verified by the page in ${chromiumName()}, from choosing the file`, value: rounded(median), unit: 's', baseline: null, ratio: null, must: '<= 5 s', goal: '<= 5 s', ok: median <= 5 }]
}

const chromiumName = (): string => spawnSync('chromium', ['--version'], { encoding: 'utf8' }).stdout?.trim().split(' ').slice(0, 2).join(' ') ?? 'Chromium'
