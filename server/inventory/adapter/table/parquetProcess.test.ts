import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as passing } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readParts } from '../../testing.ts'
import { openParts } from '../document/open.ts'
import { isUnread } from '../part.ts'
import { partsOfParquet } from './parquetProcess.ts'

// One bit of it is wrong. It ends the process in which DuckDB 1.5.5 reads it.
const broken = join(import.meta.dirname, 'testing.broken.parquet')
const rowsWritten = 5_000

let root: string
let file: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bailee-parquet-'))
  file = join(root, 'people.parquet')
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const duckdb = await instance.connect()
  await duckdb.run(`copy (select i, 'person-' || i || '@mail.example' as mail, '\\xff\\x00'::blob as picture from range(${rowsWritten}) t(i)) to '${file}' (format parquet)`)
  duckdb.closeSync()
  instance.closeSync()
})
afterAll(() => rm(root, { recursive: true }))

const workers = (): string[] => execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' }).split('\n').filter((line) => line.includes('parquet.worker.ts'))
const children = (): number => workers().length

describe('Parquet files in a process of their own', () => {
  test('every row, column and binary value comes over, file after file in one process, which ends by itself', async () => {
    for (let times = 0; times < 2; times += 1) {
      const found = await readParts(partsOfParquet({ file, name: 'people.parquet' }))
      expect(found.get('')!.columns).toEqual(['i', 'mail', 'picture'])
      expect(new Set(found.get('')!.rows.map(([, mail]) => mail)).size).toBe(rowsWritten)
      expect(found.get('')!.partly).toEqual([])
      expect(children()).toBe(1)
    }
    for (let waited = 0; children() > 0 && waited < 100; waited += 1) await passing(100)
    expect(children()).toBe(0)
  })

  test('a file of a folder, which is read through what this process has open, is read as well', async () => {
    const found = await readParts(openParts(root, 'people.parquet'))
    expect(found.get('')!.rows.length).toBe(rowsWritten)
    expect(found.get('')!.partly).toEqual([])
  })

  test('one that ends the process of DuckDB is not read, and the files beside it and after it are', async () => {
    const beside = readParts(partsOfParquet({ file, name: '' }))
    const outcome = await readParts(partsOfParquet({ file: broken, name: '' })).then((found) => [...found.values()].flatMap(({ partly }) => partly).join(' '), (cause: Error) => cause.message)
    expect(outcome).toMatch(/a Parquet file (at which DuckDB broke off, and its process with it|that DuckDB cannot read)/)
    expect((await beside).get('')!.rows.length).toBe(rowsWritten)
    expect((await readParts(partsOfParquet({ file, name: '' }))).get('')!.rows.length).toBe(rowsWritten)
  })

  test('that file does end a process that reads it without such care', () => {
    const code = `import { partsOfParquet } from ${JSON.stringify(join(import.meta.dirname, 'parquet.ts'))}; for await (const part of partsOfParquet({ file: ${JSON.stringify(broken)}, name: '' })) if (!('because' in part)) for await (const _ of part.bytes);`
    const { signal } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-e', code], { cwd: import.meta.dirname })
    expect(signal, 'DuckDB has been mended: another file is needed here').toMatch(/^SIG(SEGV|ABRT|BUS)$/)
  })

  test('whoever stops in the middle gets the next part, and the next file', async () => {
    const names: string[] = []
    for await (const part of partsOfParquet({ file, name: '' })) {
      names.push(part.name)
      if (isUnread(part)) continue
      const bytes = part.bytes[Symbol.asyncIterator]()
      await bytes.next()
      await bytes.return?.()
    }
    expect(names).toEqual(['', 'binary values'])
    for await (const part of partsOfParquet({ file, name: '' })) { expect(part.name).toBe(''); break }
    expect((await readParts(partsOfParquet({ file, name: '' }))).get('')!.rows.length).toBe(rowsWritten)
  })

  test('a file that is gone, or is none, says so', async () => {
    await expect(readParts(partsOfParquet({ file: join(root, 'none.parquet'), name: '' }))).rejects.toThrow('the reader of Parquet files failed (ENOENT)')
    const none = join(root, 'none-at-all.parquet')
    await writeFile(none, 'PAR1 and no more')
    const before = workers()
    for (let times = 0; times < 3; times += 1) expect((await readParts(partsOfParquet({ file: none, name: '' }))).get('')!.partly[0]).toMatch(/^a Parquet file that DuckDB cannot read/)
    expect(workers().filter((one) => !before.includes(one)).length, 'the same process reads on').toBeLessThan(2)
  })
})
