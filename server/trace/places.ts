import { resolve } from 'node:path'
import { listBesides, listFiles, listTables, openFile, printPlace, readTable, resolveReference, type OpenedFile, type References, type Store } from '#inventory'
import { Broken } from '#kit/errors'
import type { PlaceOptions } from './search/index.ts'

/** A place that can be read: a table, or a file. */
export interface ReadablePlace {
  readonly store: Store
  readonly place: string
  /** Where its rows come from; read once. */
  open(): Promise<OpenedPlace | { readonly because: string }>
}

export interface OpenedPlace {
  readonly rows: AsyncIterable<Uint8Array>
  readonly options: PlaceOptions
  /** When `rows` was read to its end: what of the place is not in them as fields to compare, in words. */
  partly(): readonly string[]
}

export interface Places {
  readonly readable: readonly ReadablePlace[]
  readonly notRead: readonly { readonly store: string; readonly place: string; readonly because: string }[]
}

/** Every place of every store, or the reason why it cannot be read. A store that cannot be listed at all is one place that was not read. */
export async function listPlaces(stores: readonly Store[], references: References): Promise<Places> {
  const readable: ReadablePlace[] = []
  const notRead: { store: string; place: string; because: string }[] = []
  const seen = new Set(stores.flatMap((store) => addressOf(store, references) ?? []))
  for (const store of stores) {
    try {
      const found = await placesOf(store, references, seen)
      readable.push(...found.readable)
      notRead.push(...found.notRead)
    } catch (cause) {
      if (!(cause instanceof Broken)) throw cause
      notRead.push({ store: store.id, place: '*', because: cause.message })
    }
  }
  return { readable, notRead }
}

async function placesOf(store: Store, references: References, seen: Set<string>): Promise<Places> {
  if (store.kind === 'files') return filesOf(store, references)
  const nothing = (because: string): Places => ({ readable: [], notRead: [{ store: store.id, place: '*', because }] })
  if (store.kind !== 'postgres') return nothing(`stores of kind ${store.kind} cannot be read yet`)
  const url = store.declared.sweep_url === undefined ? undefined : resolveReference(store.declared.sweep_url, references)
  return url === undefined ? nothing('no sweep_url is set') : databaseOf(store, url, { seen })
}

/** `host:port/database`, to know a database that is declared as a store of its own. */
function addressOf(store: Store, references: References): string | undefined {
  const url = store.declared.sweep_url === undefined || store.kind !== 'postgres' ? undefined : resolveReference(store.declared.sweep_url, references)
  return url === undefined ? undefined : addressOfUrl(url)
}

function addressOfUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined
  const { host, pathname, searchParams } = new URL(url)
  return `${host}${searchParams.get('host') ?? ''}:${searchParams.get('port') ?? ''}${pathname}`
}

async function databaseOf(store: Store, url: string, { database, seen }: { database?: string; seen: Set<string> }): Promise<Places> {
  const readable: ReadablePlace[] = []
  const notRead: { store: string; place: string; because: string }[] = []
  for (const table of await listTables(url)) {
    const place = printPlace({ schema: table.schema, name: table.name, ...(database === undefined ? {} : { database }) })
    if (!table.readable) notRead.push({ store: store.id, place, because: table.because ?? 'not readable' })
    else readable.push({ store, place, open: () => Promise.resolve({ rows: readTable(url, table), options: { delimiter: ',' }, partly: () => [] }) })
  }
  for (const beside of database === undefined ? await listBesides(url) : []) {
    const name = /^database (.+)$/s.exec(beside.place)?.[1]
    if (name === undefined) { notRead.push({ store: store.id, place: beside.place, because: beside.because }); continue }
    const other = withDatabase(url, name)
    const address = addressOfUrl(other)
    if (address !== undefined && seen.has(address)) continue // a store of its own, or searched already
    const found = await databaseOf(store, other, { database: name, seen }).catch((cause: unknown): Places => {
      if (!(cause instanceof Broken)) throw cause
      return { readable: [], notRead: [{ store: store.id, place: beside.place, because: `another database of this server, not declared and not readable: ${cause.message}` }] }
    })
    if (address !== undefined) seen.add(address)
    readable.push(...found.readable)
    notRead.push(...found.notRead)
  }
  return { readable, notRead }
}

function withDatabase(url: string, name: string): string {
  const other = new URL(url)
  other.pathname = `/${encodeURIComponent(name)}`
  return other.href
}

/** The folder of a file store; relative ones start from Bailee's own directory. */
export function folderOf(store: Store, references: References): string | undefined {
  return store.declared.path === undefined ? undefined : resolve(references.directory, store.declared.path)
}

async function filesOf(store: Store, references: References): Promise<Places> {
  const folder = folderOf(store, references)
  if (folder === undefined) return { readable: [], notRead: [{ store: store.id, place: '*', because: 'no path is declared' }] }
  const listing = await listFiles(folder)
  return {
    readable: listing.files.map((file) => ({
      store, place: file.path,
      open: async () => {
        const opened = await openFile(folder, file.path)
        return opened.outcome === 'not readable' ? { because: opened.because } : { rows: opened.rows, options: { delimiter: opened.delimiter }, partly: () => partlyIn(opened) }
      },
    })),
    notRead: listing.notRead.map((place) => ({ store: store.id, ...place })),
  }
}

function partlyIn({ regular, report }: OpenedFile): string[] {
  const { notJson, tooLong } = report()
  return [
    ...(regular ? [] : ['its lines differ in their number of fields: it is no table, and values inside its text are not seen']),
    ...(notJson > 0 ? [`${notJson} lines are no JSON`] : []),
    ...(tooLong > 0 ? [`${tooLong} lines are longer than any record`] : []),
  ]
}
