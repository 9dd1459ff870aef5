/** The folder of a return: what stands in it, and whether it is as it was written. */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Refused } from '#kit/errors'
import { formatInstant, type Instant } from '#kit/time'
import { moveDurably } from '../sealed.ts'
import type { ReturnedTable, ReturnFormat } from '../types.ts'

/** What stands in the folder while it is filled, and as `manifest.json` when it is whole. Nothing of anybody is in it. */
export interface Manifest {
  readonly return: string
  readonly contract: string
  readonly controller: string
  readonly to: string
  readonly recipient: string
  /** Under which the data went while the contract ran; absent at its end. */
  readonly instruction?: string
  readonly begun: string
  readonly formats: readonly ReturnFormat[]
  /** Datasets that did not go along, by whoever made it. */
  readonly without: readonly string[]
  readonly tables: readonly ReturnedTable[]
}

/** What a return is of: the same for every run that goes on with it. */
export type Wanted = Pick<Manifest, 'contract' | 'controller' | 'to' | 'recipient' | 'instruction' | 'formats' | 'without'>

const [draftName, manifestName, wordsName] = ['manifest.draft.json', 'manifest.json', 'READ-ME.txt']
const draftPart = `${draftName}.part`

function mustBeThis(folder: string, found: Manifest, wanted: Wanted): void {
  const said = ({ contract, to, recipient, instruction, formats, without }: Wanted): string => JSON.stringify([contract, to, recipient, instruction ?? null, formats, without.toSorted()])
  if (said(found) !== said(wanted)) throw new Refused('transfer/other-return', `${folder} holds another return: of another contract or instruction, to another key, in other formats, or without other datasets; choose an empty folder`)
}

/** A return that is whole in the folder: it is only looked at, since what it was made of may be erased by now. Throws `Refused` when a file of it is gone or changed. */
export async function wholeIn(folder: string, wanted: Wanted): Promise<Manifest | undefined> {
  const file = join(folder, manifestName)
  if (!existsSync(file) || existsSync(join(folder, draftName))) return undefined
  const found = JSON.parse(await readFile(file, 'utf8')) as Manifest
  mustBeThis(folder, found, wanted)
  if ((await stillThere(folder, found.tables)).length < found.tables.length) throw new Refused('transfer/changed-return', `${folder} is not as it was recorded when it was made: a file is gone, or another; nothing was written. Choose an empty folder to return the data anew, while they are there`)
  return found
}

/** The draft in the folder with what of it is as it was written, or a new one, which is on the disk before anything else is. Throws `Refused` for a folder with anything else in it. */
export async function draftIn(folder: string, wanted: Wanted, at: Instant): Promise<Manifest> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = join(folder, draftName)
  if (existsSync(draft)) {
    const found = JSON.parse(await readFile(draft, 'utf8')) as Manifest
    mustBeThis(folder, found, wanted)
    return { ...found, tables: await stillThere(folder, found.tables) }
  }
  if ((await readdir(folder)).some((name) => name !== draftPart)) throw new Refused('transfer/folder-taken', `${folder} is not empty; data are returned into a folder of their own`)
  const manifest: Manifest = { return: `R-${randomBytes(5).toString('hex')}`, ...wanted, begun: formatInstant(at), tables: [] }
  await writeDraft(folder, manifest)
  return manifest
}

/** Those of the tables whose files are in the folder as they were written. */
async function stillThere(folder: string, tables: readonly ReturnedTable[]): Promise<ReturnedTable[]> {
  const kept: ReturnedTable[] = []
  for (const table of tables) {
    const hashes = await Promise.all(table.files.map(async ({ file }) => (existsSync(join(folder, file)) ? hashOf(join(folder, file)) : undefined)))
    if (hashes.every((hash, index) => hash === table.files[index]?.sha256)) kept.push(table)
  }
  return kept
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** Puts down how far it is. */
export async function writeDraft(folder: string, manifest: Manifest): Promise<void> {
  const part = join(folder, draftPart)
  await writeFile(part, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true })
  await moveDurably(part, join(folder, draftName))
}

/** Makes the draft the manifest. */
export async function finish(folder: string, manifest: Manifest): Promise<void> {
  await writeFile(join(folder, wordsName), wordsFor(manifest))
  await rm(join(folder, draftPart), { force: true })
  await moveDurably(join(folder, draftName), join(folder, manifestName))
}

/** The hash by which the log knows the manifest. */
export const manifestHash = (folder: string): Promise<string> => hashOf(join(folder, manifestName))

function wordsFor({ contract, controller, to, instruction, without, tables }: Manifest): string {
  const first = tables[0]?.files[0]?.file ?? 'FILE.age'
  return `Data of ${controller}, given back ${instruction === undefined ? `at the end of ${contract}` : `under ${instruction}, while ${contract} runs`}${to === controller ? '' : `, for ${to}`}.

manifest.json lists every table: its columns, how many rows it has, the moment that its dataset was read, and of every file its length and SHA-256.
${without.length === 0 ? '' : `These datasets are not among them: ${without.join(', ')}.\n`}The files are encrypted to the key that a signatory of ${controller} named (age, https://age-encryption.org/v1). Whoever has the secret half reads one with:

  age --decrypt -i KEY-FILE -o ${first.split('/').at(-1)?.replace(/\.age$/, '')} ${first}

CSV: UTF-8, RFC 4180, names in the first line; an empty field is NULL, "" is an empty text, bytes are \\x and hexadecimal digits. Parquet: the same rows, for any tool that reads it;
manifest.json says of each column which type it has there. names.json.age, where it is there, says what files the tables of a dataset were.
${instruction === undefined ? `When all of it is there and can be read, a signatory says so: bailee contract release ${contract} received --as NAME. Before that nothing is erased.\n` : ''}`
}
