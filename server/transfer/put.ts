/** A file, put to an address (HTTP PUT): also one that an S3-compatible service has signed beforehand. */
import { createReadStream } from 'node:fs'
import { request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { pipeline } from 'node:stream/promises'
import { Broken, Refused } from '#kit/errors'

export interface Putting {
  readonly file: string
  readonly bytes: number
  /** Goes where the address ends with a slash; otherwise the address is that of the file itself. */
  readonly name: string
  readonly address: URL
  /** Told to the other side, in hexadecimal. */
  readonly sha256: string
  readonly trusted?: string | undefined
}

/** Without a word from the other side. Milliseconds. */
const silenceMax = 60_000

/** Throws `Refused` when it was not taken, `Broken` when nobody knows. Redirections are not followed: they would lead the data to somebody else. */
export async function putFile({ file, bytes, name, address, sha256, trusted }: Putting): Promise<{ readonly status: number; readonly tag: string | null }> {
  const to = address.pathname.endsWith('/') ? new URL(name, address) : address
  to.search = address.search
  const headers = { 'content-type': 'application/octet-stream', 'content-length': bytes, 'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:` }
  const unknown = (cause?: unknown): Broken => new Broken('transfer/no-answer', `the sub-processor at ${address.host} did not answer: whether it has the data is not known. The same command sends the same rows again, to the same name`, { cause })
  const { status, tag } = await new Promise<{ status: number; tag: string | null }>((resolve, reject) => {
    const request = to.protocol === 'https:' ? secureRequest(to, { method: 'PUT', headers, ...(trusted === undefined ? {} : { ca: trusted }) }) : plainRequest(to, { method: 'PUT', headers })
    request.setTimeout(silenceMax, () => request.destroy(new Error('silence')))
    request.on('error', (cause) => { reject(unknown(cause)) })
    request.on('response', (response) => {
      response.resume()
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, tag: response.headers.etag ?? null }) })
      response.on('error', (cause) => { reject(unknown(cause)) })
    })
    pipeline(createReadStream(file), request).catch((cause: unknown) => { reject(unknown(cause)) })
  })
  if (status >= 200 && status < 300) return { status, tag }
  if (status >= 500 || status === 429) throw unknown()
  throw new Refused('transfer/not-taken', `the sub-processor at ${address.host} did not take the data: HTTP ${status}; nothing counts as sent`)
}
