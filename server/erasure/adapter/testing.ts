/** For tests: one bucket that keeps versions, spoken to as Amazon's API Reference has it. No server that could be installed knows versions; this one stands in for one, and knows no more than is asked here. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

interface Version { readonly key: string; readonly id: string; /** Of all versions, in the order in which they were written. */ readonly serial: number; readonly mark: boolean; readonly text: string; readonly headers: Readonly<Record<string, string>> }

export interface Versions {
  readonly endpoint: string
  put(key: string, content: string, headers?: Record<string, string>): void
  /** Makes an object look deleted. */
  mark(key: string): void
  /** From now on what is written takes the place of the version named null, and earlier ones stay. */
  suspend(): void
  /** The newest first. */
  versions(key: string): Version[]
  close(): void
}

const tagOf = (version: Version): string => `"v${version.serial}"`

/** Objects below `held/` are under a legal hold. */
export async function startVersions(): Promise<Versions> {
  let all: Version[] = []
  let last = 0
  let suspended = false
  const add = (key: string, more: Pick<Version, 'mark' | 'text' | 'headers'>): Version => {
    last += 1
    const version = { key, id: suspended ? 'null' : String(last), serial: last, ...more }
    all = [version, ...all.filter((one) => !suspended || one.key !== key || one.id !== 'null')]
    return version
  }
  const of = (key: string): Version[] => all.filter((one) => one.key === key)
  const listing = (prefix: string): string => [...new Set(all.map(({ key }) => key))].filter((key) => key.startsWith(prefix)).sort().flatMap((key) => of(key).map((one, at) => {
    const common = `<Key>${key}</Key><VersionId>${one.id}</VersionId><IsLatest>${at === 0}</IsLatest><LastModified>2019-01-01T00:00:${String(one.serial).padStart(2, '0')}.000Z</LastModified>`
    return one.mark ? `<DeleteMarker>${common}</DeleteMarker>` : `<Version>${common}<ETag>${tagOf(one)}</ETag><Size>${one.text.length}</Size></Version>`
  })).join('')
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '', 'http://localhost')
    const [, key = ''] = /^\/vault\/?(.*)$/.exec(decodeURIComponent(url.pathname)) ?? []
    const asked = url.searchParams
    const end = (status: number, body = '', headers: Record<string, string> = {}): void => { response.writeHead(status, headers).end(request.method === 'HEAD' ? '' : body) }
    const body = await text(request)
    if (asked.has('versioning')) return end(200, `<VersioningConfiguration><Status>${suspended ? 'Suspended' : 'Enabled'}</Status></VersioningConfiguration>`)
    if (asked.has('versions')) return end(200, `<ListVersionsResult><IsTruncated>false</IsTruncated>${listing(asked.get('prefix') ?? '')}</ListVersionsResult>`)
    if (asked.has('uploads')) return end(200, '<ListMultipartUploadsResult></ListMultipartUploadsResult>')
    if (key === '') return end(200)
    const id = asked.get('versionId')
    const found = id === null ? of(key)[0] : of(key).find((one) => one.id === id)
    const live = found?.mark === false ? found : undefined
    const condition = request.headers['if-match']
    if (request.method === 'DELETE') {
      if (key.startsWith('held/')) return end(403, '<Error><Code>AccessDenied</Code></Error>')
      if (id === null) add(key, { mark: true, text: '', headers: {} })
      else all = all.filter((one) => one !== found)
      return end(204)
    }
    if (request.method === 'PUT') {
      if (condition !== undefined && live === undefined) return end(404, '<Error><Code>NoSuchKey</Code></Error>')
      if (condition !== undefined && tagOf(live!) !== condition) return end(412, '<Error><Code>PreconditionFailed</Code></Error>')
      const kept = Object.fromEntries(Object.entries(request.headers).filter(([name]) => name.startsWith('x-amz-meta-') || name === 'content-type')) as Record<string, string>
      const made = add(key, { mark: false, text: body, headers: kept })
      return end(200, '', { etag: tagOf(made), ...(suspended ? {} : { 'x-amz-version-id': made.id }) })
    }
    if (live === undefined) return end(404, '<Error><Code>NoSuchKey</Code></Error>')
    if (condition !== undefined && condition !== tagOf(live)) return end(412, '<Error><Code>PreconditionFailed</Code></Error>')
    end(200, live.text, { ...live.headers, etag: tagOf(live), 'x-amz-version-id': live.id, 'content-length': String(Buffer.byteLength(live.text)) })
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as { port: number }
  return {
    endpoint: `http://127.0.0.1:${port}`, close: () => { server.close() }, versions: of, suspend: () => { suspended = true },
    put: (key, content, headers = {}) => { add(key, { mark: false, text: content, headers }) },
    mark: (key) => { add(key, { mark: true, text: '', headers: {} }) },
  }
}
