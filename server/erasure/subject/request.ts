/** The file in which a controller's request about one person comes. */
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { Misuse } from '#kit/errors'
import type { SubjectRequest } from './types.ts'

/** More is a list of people, not one with several addresses. */
const recordsMax = 20

const value = z.union([z.string().min(1), z.number()]).transform(String)
const record = z.record(z.string().min(1), value).refine((one) => Object.keys(one).length > 0, 'names no column')
const shape = z.strictObject({
  request: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,39}$/, 'takes letters, digits and hyphens, at most 40: it is recorded, so it must name nobody'),
  kind: z.enum(['access', 'erasure']),
  instruction: z.string().min(1),
  person: z.union([record, z.array(record).min(1).max(recordsMax)]),
})

const example = 'such as: { request: REQ-14, kind: erasure, instruction: INS-9, person: { email: ... } }'

/** Reads a request. Throws `Misuse` that says what is wrong with it and where, and no value of it. */
export function readRequest(text: string): SubjectRequest {
  const document = parseDocument(text)
  if (document.errors.length > 0) throw new Misuse(`the request is no YAML (${[...new Set(document.errors.map(({ code, linePos }) => `${code} in line ${linePos?.[0].line ?? '?'}`))].join(', ')}); it looks ${example}`)
  const read = shape.safeParse(document.toJS())
  if (!read.success) throw new Misuse(read.error.issues.map(({ path, code, message }) => `${path.filter((step) => typeof step === 'string').slice(0, 1).join('.') || 'the request'}: ${code === 'custom' || path[0] === 'request' ? message : code.replaceAll('_', ' ')}; it looks ${example}`))
  const { request, kind, instruction, person } = read.data
  return { id: request, kind, instruction, person: Array.isArray(person) ? person : [person] }
}
