/** What others install and open, built and used as they would: packed, installed in an empty directory, run on an older Node, opened in a real browser. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import { buildVerifier } from './build.ts'
import { formatVerifierKey } from './index.ts'
import { makeBundle, processor, rootKey, story } from './testing.ts'

const scratch = mkdtempSync(join(tmpdir(), 'bailee-package-'))
const dist = join(scratch, 'dist')
const folder = join(scratch, 'bundle')
const zip = join(scratch, 'bundle.zip')
const pin = formatVerifierKey(`${processor}/root`, rootKey.publicKey)
/** The node of this machine that is not this project's own; it is older where there is one at all. */
const plain = (process.env['PATH'] ?? '').split(':').filter((path) => !path.includes('node_modules')).map((path) => join(path, 'node')).find((node) => spawnSync(node, ['--version']).status === 0)
if (plain === undefined) console.warn('NOT CHECKED: no other Node is installed, so the package is run with this project\'s own only')
else console.log(`package run with Node ${spawnSync(plain, ['--version'], { encoding: 'utf8' }).stdout.trim()}`)
const node = plain ?? process.execPath
const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => spawnSync(path, ['--version']).status === 0)
if (chromium === undefined) console.warn('NOT CHECKED: no Chromium is installed, so the page is not opened in a browser')

beforeAll(async () => {
  await buildVerifier(dist)
  const files = makeBundle(story)
  const archive = new ZipFile()
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), bytes)
    archive.addBuffer(Buffer.from(bytes), path)
  }
  archive.end()
  const pieces: Buffer[] = []
  for await (const piece of archive.outputStream) pieces.push(piece as Buffer)
  writeFileSync(zip, Buffer.concat(pieces))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }))

describe('the package', () => {
  test('is built of the same bytes every time, and holds nothing but itself', async () => {
    const again = join(scratch, 'again')
    await buildVerifier(again)
    const hashes = (directory: string): string[] => readdirSync(directory, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name)).sort()
      .map((path) => `${path.slice(directory.length)} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`)
    expect(hashes(again)).toEqual(hashes(dist))
    for (const name of ['index.js', 'browser.js', 'bailee-verify.mjs']) {
      const imports = [...readFileSync(join(dist, name), 'utf8').matchAll(/^\s*(?:import|export)\b[^'"\n]*['"]([^'"]+)['"]/gm)].map(([, from]) => from!)
      expect(imports.every((from) => name !== 'browser.js' && from.startsWith('node:')), `${name}: ${imports.join(' ')}`).toBe(true)
    }
    expect(readFileSync(join(dist, 'browser.js'), 'utf8')).not.toMatch(/["'`]node:/)
    expect(JSON.parse(readFileSync(join(dist, 'package.json'), 'utf8'))).toMatchObject({ dependencies: {}, engines: { node: '>=20' } })
  })

  test('packed and installed in an empty directory it runs on plain Node, as a command and as a library', () => {
    const [packed] = JSON.parse(execFileSync('npm', ['pack', '--json', '--pack-destination', scratch], { cwd: dist, encoding: 'utf8' })) as [{ filename: string; size: number }]
    expect(packed.size).toBeLessThan(260_000)
    const home = join(scratch, 'home')
    mkdirSync(home)
    writeFileSync(join(home, 'package.json'), '{ "type": "module" }')
    execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', join(scratch, packed.filename)], { cwd: home })
    expect(readdirSync(join(home, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['@bailee'])
    const command = (...args: string[]) => spawnSync(node, [join(home, 'node_modules/.bin/bailee-verify'), ...args], { encoding: 'utf8' })
    expect(JSON.parse(command(zip, '--pin', pin, '--json').stdout)).toMatchObject({ outcome: 'verified', facts: { trust: 'key given', entries: 300 } })
    expect(command(folder).stdout).toContain('VERIFIED (against the key inside the bundle')
    expect([command().status, command(scratch).status]).toEqual([2, 1])
    const program = "import { openDirectory, verifyBundle } from '@bailee/verifier'\nimport { canVerify, checkBundle, openZipLater, settle, verifyByWebCrypto } from '@bailee/verifier/browser'\nimport { readFileSync } from 'node:fs'\n"
      + "console.log(verifyBundle(openDirectory(process.argv[2])).outcome)\nif (await canVerify()) { const source = await openZipLater(new Uint8Array(readFileSync(process.argv[3]))); console.log((await settle((verify) => checkBundle(source, { verify }), { verify: verifyByWebCrypto })).outcome) } else console.log('no WebCrypto')\n"
    writeFileSync(join(home, 'use.js'), program)
    expect(spawnSync(node, ['use.js', folder, zip], { cwd: home, encoding: 'utf8' }).stdout.split('\n').slice(0, 2)).toEqual(['verified', 'verified'])
    writeFileSync(join(home, 'use.ts'), "import { verifyBundle, openDirectory, type Verdict } from '@bailee/verifier'\nexport const verdict: Verdict = verifyBundle(openDirectory('x'))\n// @ts-expect-error a number is no directory\nopenDirectory(1)\n")
    const types = spawnSync(process.execPath, [join(import.meta.dirname, '../node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', 'use.ts'], { cwd: home, encoding: 'utf8' })
    expect(types.stdout).toBe('')
  })

  test('is one file too, which runs from anywhere', () => {
    const file = join(scratch, 'alone.mjs')
    writeFileSync(file, readFileSync(join(dist, 'bailee-verify.mjs')))
    expect(spawnSync(node, [file, zip, '--json'], { cwd: '/', encoding: 'utf8' }).stdout).toContain('"outcome":"verified"')
    expect(spawnSync(node, [file, zip, '--pin', 'x'], { encoding: 'utf8' }).status).toBe(2)
  })
})

test('the page allows its own script and style and nothing else, and is small', () => {
  const page = readFileSync(join(dist, 'verify.html'), 'utf8')
  expect(gzipSync(page).length).toBeLessThan(60_000)
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!
  expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[^ ]+' 'wasm-unsafe-eval'; style-src 'sha256-[^ ]+'; connect-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'$/)
  const [, script = ''] = /<script type="module">([\s\S]*)<\/script>\n/.exec(page) ?? []
  expect(policy).toContain(`'sha256-${createHash('sha256').update(script).digest('base64')}'`)
  expect(page).not.toMatch(/(?:src|href)=["']?https?:/)
})

describe.skipIf(chromium === undefined)('the page in Chromium', () => { // skipped: no Chromium is installed
  test('opened from the disk, shows each check of a zip, refuses a changed one, and asks for nothing', async () => {
    const browser = await open(chromium!, pathToFileURL(join(dist, 'verify.html')).href)
    try {
      expect(await browser.checked('#file', [zip])).toMatch(/^The record is whole, by the key that came with it/)
      expect(await browser.text('#checks')).toContain('300 entries of bailee.example/1 hash to its signed root')
      expect(await browser.text('#lists')).toContain('Receipts are the counter-measure')
      if (process.env['BAILEE_PICTURES'] !== undefined) writeFileSync(join(process.env['BAILEE_PICTURES'], 'verify-good.png'), await browser.picture())
      await browser.run(`document.getElementById('policy').value = ${JSON.stringify(pin)}`)
      expect(await browser.checked('#file', [zip])).toBe('The record is whole; nobody else has witnessed it.')
      await browser.run("document.getElementById('policy').value = 'nonsense'")
      await browser.choose('#file', [zip])
      expect(await browser.until("document.getElementById('policy-problem').hidden ? '' : document.getElementById('policy-problem').textContent")).toContain('Neither a policy nor a key')
      await browser.run("document.getElementById('policy').value = ''")
      const bad = Buffer.from(readFileSync(zip))
      const damaged = join(scratch, 'damaged.zip')
      bad[200]! ^= 1
      writeFileSync(damaged, bad)
      expect(await browser.checked('#file', [damaged])).toMatch(/^Do not rely on this record: /)
      if (process.env['BAILEE_PICTURES'] !== undefined) writeFileSync(join(process.env['BAILEE_PICTURES'], 'verify-refused.png'), await browser.picture())
      writeFileSync(join(scratch, 'trusted'), pin)
      expect(await browser.checked('#file', [zip, join(scratch, 'trusted')]), 'not that the record lacks something').toContain('several files: a bundle is one zip or one folder')
      expect(browser.requests).toEqual([pathToFileURL(join(dist, 'verify.html')).href])
      expect(browser.complaints).toEqual([])
    } finally {
      await browser.close()
    }
  })
})

interface Browser {
  readonly requests: string[]
  readonly complaints: string[]
  run(expression: string): Promise<string>
  until(expression: string): Promise<string>
  choose(selector: string, files: readonly string[]): Promise<void>
  checked(selector: string, files: readonly string[]): Promise<string>
  text(selector: string): Promise<string>
  picture(): Promise<Buffer>
  close(): Promise<void>
}

/** A browser over its debugging protocol, at one page. */
async function open(program: string, url: string): Promise<Browser> {
  const child = spawn(program, ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0', `--user-data-dir=${join(scratch, 'profile')}`, '--window-size=1000,1400', 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const port = await portOf(child)
  const pages = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as { type: string; webSocketDebuggerUrl: string }[]
  const socket = new WebSocket(pages.find(({ type }) => type === 'page')!.webSocketDebuggerUrl)
  await new Promise((resolve) => { socket.addEventListener('open', resolve, { once: true }) })
  const [requests, complaints]: [string[], string[]] = [[], []]
  const waiting = new Map<number, (result: Record<string, unknown>) => void>()
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as { id?: number; method?: string; params?: Record<string, never>; result?: Record<string, unknown> }
    if (message.id !== undefined) waiting.get(message.id)?.(message.result ?? {})
    if (message.method === 'Network.requestWillBeSent') requests.push((message.params as unknown as { request: { url: string } }).request.url)
    if (message.method === 'Log.entryAdded') complaints.push((message.params as unknown as { entry: { text: string } }).entry.text)
  })
  let count = 0
  const send = <Result>(method: string, params: object = {}): Promise<Result> => new Promise((resolve) => {
    count += 1
    waiting.set(count, (result) => { resolve(result as Result) })
    socket.send(JSON.stringify({ id: count, method, params }))
  })
  for (const domain of ['Page', 'Network', 'Log', 'DOM', 'Runtime']) await send(`${domain}.enable`)
  await send('Page.navigate', { url })
  const run = async (expression: string): Promise<string> => String((await send<{ result: { value?: unknown } }>('Runtime.evaluate', { expression })).result.value ?? '')
  const until = async (expression: string): Promise<string> => {
    for (const began = Date.now(); Date.now() - began < 120_000; await new Promise((resolve) => { setTimeout(resolve, 50) })) {
      const value = await run(expression)
      if (value !== '') return value
    }
    throw new Error(`never so: ${expression}`)
  }
  await until("document.getElementById('foot') === null && document.readyState === 'complete' ? 'so' : ''")
  const choose = async (selector: string, files: readonly string[]): Promise<void> => {
    const { root } = await send<{ root: { nodeId: number } }>('DOM.getDocument')
    const { nodeId } = await send<{ nodeId: number }>('DOM.querySelector', { nodeId: root.nodeId, selector })
    await send('DOM.setFileInputFiles', { files, nodeId })
  }
  return {
    requests, complaints, run, until, choose,
    checked: async (selector, files) => {
      await run("document.getElementById('sentence').textContent = ''")
      await choose(selector, files)
      return until("/^(?!Checking)./.test(document.getElementById('sentence').textContent) ? document.getElementById('sentence').textContent : ''")
    },
    text: (selector) => run(`document.querySelector(${JSON.stringify(selector)}).textContent`),
    picture: async () => Buffer.from((await send<{ data: string }>('Page.captureScreenshot', { format: 'png' })).data, 'base64'),
    close: async () => {
      socket.close()
      const closed = new Promise((resolve) => { child.once('close', resolve) })
      child.kill()
      await closed
    },
  }
}

function portOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.once('close', () => { reject(new Error(`the browser ended: ${said.slice(-500)}`)) })
    child.stderr?.on('data', (piece: Buffer) => {
      said += piece.toString()
      const [, port] = /DevTools listening on ws:\/\/[^:]+:(\d+)\//.exec(said) ?? []
      if (port !== undefined) resolve(port)
    })
  })
}
