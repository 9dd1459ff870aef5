/** One way to the API: every page's requests go through here, and to no other origin. */
import type { Problem } from './shapes.ts'

/** A "no" of the API, or that nothing answered (`status` 0). */
export class Unanswered extends Error {
  override readonly name = 'Unanswered'
  readonly problem: Problem
  constructor(problem: Problem, cause?: unknown) {
    super(problem.detail, { cause })
    this.problem = problem
  }
}

export type Values = Readonly<Record<string, string | number | undefined>>

/** The address below BASE/api/v1 with its parameters filled in. */
export function addressOf(path: string, params: Values = {}, query: Values = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(String(params[name] ?? '')))
  const given = Object.entries(query).filter((pair): pair is [string, string | number] => pair[1] !== undefined && pair[1] !== '')
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return `${new URL(`api/v1${filled}`, document.baseURI).pathname}${search === '' ? '' : `?${search}`}`
}

const silent = (address: string, status: number): Problem => ({ type: 'about:blank', title: '', status, detail: '', instance: address, code: status === 0 ? 'portal/no-answer' : 'portal/unreadable' })

/** Asks. Throws `Unanswered`, and nothing else. */
export async function request(method: 'GET' | 'POST' | 'DELETE', address: string, options: { readonly body?: unknown; readonly signal?: AbortSignal } = {}): Promise<unknown> {
  const { body, signal } = options
  const answer = await fetch(address, {
    method, credentials: 'same-origin', ...(signal === undefined ? {} : { signal }),
    headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(method === 'POST' ? { 'idempotency-key': crypto.randomUUID() } : {}) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => { throw signal?.aborted === true ? cause : new Unanswered(silent(address, 0), cause) })
  const read: unknown = await answer.json().catch(() => undefined)
  if (answer.ok && read !== undefined) return read
  throw new Unanswered(isProblem(read) ? read : silent(address, answer.status))
}

/** Sends a file as it is. Throws `Unanswered`, and nothing else. */
export async function upload(address: string, file: Blob): Promise<unknown> {
  const answer = await fetch(address, { method: 'POST', credentials: 'same-origin', headers: { 'accept': 'application/json', 'content-type': 'application/octet-stream' }, body: file }).catch((cause: unknown) => { throw new Unanswered(silent(address, 0), cause) })
  const read: unknown = await answer.json().catch(() => undefined)
  if (answer.ok && read !== undefined) return read
  throw new Unanswered(isProblem(read) ? read : silent(address, answer.status))
}

/** Asks for a file and hands it to the browser, under the name that it comes with. Throws `Unanswered`, and nothing else. */
export async function download(address: string, body: unknown, otherwise: string): Promise<void> {
  const answer = await fetch(address, { method: 'POST', credentials: 'same-origin', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }).catch((cause: unknown) => { throw new Unanswered(silent(address, 0), cause) })
  if (!answer.ok) {
    const read: unknown = await answer.json().catch(() => undefined)
    throw new Unanswered(isProblem(read) ? read : silent(address, answer.status))
  }
  const file = await answer.blob().catch((cause: unknown) => { throw new Unanswered(silent(address, 0), cause) })
  save(file, /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? otherwise)
}

function save(file: Blob, name: string): void {
  const address = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  URL.revokeObjectURL(address)
}

const isProblem = (value: unknown): value is Problem => typeof value === 'object' && value !== null && 'code' in value && 'status' in value
