import { expect, test } from 'vitest'
import { Portals } from './portals.ts'

/** Whether the unnamed portal of this statement, the last of these texts, certainly only reads. */
function reads(...texts: readonly string[]): boolean {
  const portals = new Portals()
  for (const text of texts) portals.parsed('', text, false)
  portals.bound('', '')
  return portals.onlyReads('')
}

test.each([
  [['SELECT 1'], true], [[' (TABLE t)'], true], [['SELEC', 'SELECT 1'], true], [['', 'SELECT 1'], true], [['UPDATE t SET a = 1', 'VALUES (1)'], true], [['INSERT INTO t VALUES (1) RETURNING a'], false], [['WITH x AS (DELETE FROM t RETURNING a) SELECT * FROM x'], false],
  [['EXPLAIN ANALYZE DELETE FROM t'], false], [['EXECUTE p'], false], [['/* /* */ SELECT */ UPDATE t SET a = 1 RETURNING a'], false], [['-- x\rUPDATE t SET a = 1\nSELECT 1'], false], [['/* x */ PREPARE a AS SELECT 1', 'SELECT 1'], false], [['DEALLOCATE a', 'SELECT 1'], false], [['PREPARE a AS SELECT 1', 'SELECT 1'], false], [['DISCARD ALL', 'SELECT 1'], false],
])('%j: %j', (texts, expected) => {
  expect(reads(...texts)).toBe(expected)
})

test('a name that stood for what writes is never certain again, nor anything that a refusal may have skipped, nor what nobody bound', () => {
  const portals = new Portals()
  portals.parsed('a', 'SELECT 1', false)
  portals.bound('p', 'a')
  expect([portals.onlyReads('p'), portals.onlyReads('')]).toEqual([true, false])
  portals.parsed('a', 'UPDATE t SET a = 1', false)
  portals.parsed('a', 'SELECT 1', false)
  portals.bound('p', 'a')
  expect(portals.onlyReads('p')).toBe(false)
  portals.parsed('', 'SELECT 1', false)
  portals.bound('', '')
  portals.forget()
  expect(portals.onlyReads('')).toBe(false)
  portals.bound('', '')
  expect(portals.onlyReads('')).toBe(false)
})

test.each([['', ' '.repeat(250), true], ['', 'PREP', true], ['', 'SELECT', true], ['x'.repeat(64), 'SELECT 1', false]])('nothing is certain behind a statement %j %j whose beginning or name is not seen whole', (name, text, cut) => {
  const portals = new Portals()
  portals.parsed(name, text, cut)
  portals.parsed('', 'SELECT 1', false)
  portals.bound('', '')
  expect(portals.onlyReads('')).toBe(false)
})
