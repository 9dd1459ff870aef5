/** What the API answers, by address: taken from its own document, so that a page cannot read what is not there. */
import type { paths } from './document.d.ts'

type Below = '/api/v1'
type Content<Responses> = Responses extends { 200: { content: { 'application/json': infer Answer } } } ? Answer : never
type Read<Path extends keyof paths> = paths[Path]['get'] extends { responses: infer Responses } ? Content<Responses> : never

type Readable = { [Path in keyof paths]: paths[Path]['get'] extends { responses: unknown } ? Path : never }[keyof paths]

/** Addresses that can be read, such as `/controllers/{id}`. */
export type Address = Readable extends `${Below}${infer Path}` ? Path : never

/** The answer of an address. */
export type Answer<Path extends Address> = `${Below}${Path}` extends keyof paths ? Read<`${Below}${Path}`> : never

/** Addresses that answer a listing, a page at a time. */
export type ListingAddress = { [Path in Address]: Answer<Path> extends { items: unknown[]; next: string | null; total: number } ? Path : never }[Address]
export type Item<Path extends ListingAddress> = Answer<Path> extends { items: (infer One)[] } ? One : never

export type Session = Answer<'/session'>
export type Role = Session['roles'][number]
export type StandingName = Answer<'/controllers/{id}'>['standing']
export interface NotSeenPlace { readonly place: string; readonly why: string }

/** RFC 9457, as the API answers every "no". */
export interface Problem { readonly type: string; readonly title: string; readonly status: number; readonly detail: string; readonly instance: string; readonly code: string; readonly errors?: readonly { readonly path: string; readonly message: string }[] }
