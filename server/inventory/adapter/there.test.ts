import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { isStoreFileThere, missingBelow, missingMounts, mustBeMounted, storeFolder } from './there.ts'

const root = mkdtempSync(join(tmpdir(), 'bailee-there-'))
afterAll(() => rmSync(root, { recursive: true }))

const declared = '# a comment\nUUID=1 / ext4 defaults 0 1\n/dev/sdb1\t/srv/client\\040data ext4 defaults 0 2\nnas:/export /mnt/nas/ nfs noauto 0 0\n/dev/sdc1 none swap sw 0 0\n'
const line = (point: string, kind = 'ext4'): string => `36 35 98:0 / ${point} rw,noatime shared:1 - ${kind} /dev/sda1 rw\n`

test('what the machine declares and does not show is not mounted, whatever stands in for it', () => {
  expect(missingMounts({ declared, mounted: line('/') })).toEqual(['/srv/client data', '/mnt/nas'])
  expect(missingMounts({ declared, mounted: line('/') + line('/srv/client\\040data') + line('/mnt/nas', 'autofs') })).toEqual(['/mnt/nas'])
  expect(missingMounts({ declared, mounted: line('/') + line('/mnt/nas', 'autofs') + line('/mnt/nas', 'nfs4') + line('/srv/client\\040data') })).toEqual([])
  expect(missingMounts({ declared, mounted: '' }), 'a system that does not say').toEqual([])
  for (const path of ['/mnt/nas', '/mnt/nas/exports']) expect(() => { mustBeMounted(path, ['/mnt/nas']) }).toThrow('nothing is mounted')
  for (const path of ['/mnt/nas2', '/mnt', '/']) expect(() => { mustBeMounted(path, ['/mnt/nas']) }).not.toThrow()
  expect(missingBelow('/mnt', ['/mnt/nas', '/mnt2/nas'])).toEqual(['/mnt/nas'])
})

test('a folder that is not there, or is none, tells nothing of what is in it; in one that is there, a file that is not is gone', () => {
  mkdirSync(join(root, 'store'))
  writeFileSync(join(root, 'file'), '')
  symlinkSync(join(root, 'nowhere'), join(root, 'dangling'))
  symlinkSync(join(root, 'store'), join(root, 'link'))
  for (const name of ['none', 'dangling', 'file']) {
    expect(() => storeFolder(join(root, name))).toThrow('cannot be opened')
    expect(() => isStoreFileThere(join(root, name, 'desk.db'))).toThrow('cannot be opened')
  }
  expect(storeFolder(join(root, 'link'))).toBe(storeFolder(join(root, 'store')))
  expect([isStoreFileThere(join(root, 'link/desk.db')), isStoreFileThere(join(root, 'file'))]).toEqual([false, true])
})
