/**
 * Values of nobody's in the place of somebody's, of the same shape: made of a keyed code of the value alone, so that the same value is the same again within a copy and another in every other, and nothing of it is left.
 * What says who somebody is lies where nobody is: addresses under reserved domains (RFC 2606), telephone numbers that regulators keep free. Names, streets and cities are Faker's, seeded.
 */
import type { Mac } from '../mac.ts'
import { freeNumbers, plainWords, reservedDomains } from '../reserved.ts'

export const syntheticKinds = ['given', 'family', 'name', 'email', 'phone', 'street', 'city', 'text', 'date', 'number', 'uuid'] as const
export type SyntheticKind = (typeof syntheticKinds)[number]

/** What values are chosen from. */
export interface Pools { readonly given: readonly string[]; readonly family: readonly string[]; readonly street: readonly string[]; readonly city: readonly string[] }

/** Draws of each; some come more than once. */
const drawsMax = 4_096
/** Any will do: what is chosen follows from the key. */
const poolSeed = 20_250_401

let pools: Promise<Pools> | undefined

/** Made once a process, when somebody needs them. */
export function openPools(): Promise<Pools> {
  return pools ??= import('@faker-js/faker/locale/en').then(({ faker }) => { // large: loaded where it is used
    faker.seed(poolSeed)
    const drawn = (draw: () => string): string[] => [...new Set(Array.from({ length: drawsMax }, draw))]
    return { given: drawn(() => faker.person.firstName()), family: drawn(() => faker.person.lastName()), street: drawn(() => faker.location.street()), city: drawn(() => faker.location.city()) }
  })
}

/** Numbers drawn of one code of 64 hexadecimal digits, one after another. */
type Draw = (below: number) => number

/** Hexadecimal digits to a draw, of five in a code: 48 bits. */
const drawDigits = 12

/** Draws without end: codes of the value and a number. */
function drawsOf(mac: Mac, what: string): Draw {
  let [code, at, number] = ['', drawDigits * 5, 0]
  return (below) => {
    if (at + drawDigits > 64) { code = mac(`${what}\n${number}`); number += 1; at = 0 }
    const drawn = Number.parseInt(code.slice(at, at + drawDigits), 16)
    at += drawDigits
    return Math.floor((drawn / 16 ** drawDigits) * below)
  }
}

const of = (pool: readonly string[], draw: Draw): string => pool[draw(pool.length)]!
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]/g, '')
const digits = (many: number, draw: Draw): string => Array.from({ length: many }, () => String(draw(10))).join('')

/** An address as synthetic columns have them. Eight digits: no other person or copy comes to the same but by a chance of some milliards. */
export const contactOf = ({ given, family }: Pick<Pools, 'given' | 'family'>, draw: Draw): string => `${plain(of(given, draw))}.${plain(of(family, draw))}${digits(8, draw)}@${of(reservedDomains, draw)}`

/** Born on one of these days: `date` is of somebody alive today. */
const [firstDay, days, dayMilliseconds] = [Date.UTC(1940, 0, 1), 24_107, 86_400_000]

function valueOf(kind: SyntheticKind, value: string, { pools: { given, family, street, city }, draw }: { readonly pools: Pools; readonly draw: Draw }): string | undefined {
  switch (kind) {
    case 'given': return of(given, draw)
    case 'family': return of(family, draw)
    case 'name': return `${of(given, draw)} ${of(family, draw)}`
    case 'email': return contactOf({ given, family }, draw)
    case 'phone': { const [start, many] = freeNumbers[draw(freeNumbers.length)]!; return start + digits(many, draw) }
    case 'street': return `${1 + draw(999)} ${of(street, draw)}`
    case 'city': return of(city, draw)
    case 'text': return value.trim().split(/\s+/).map(() => of(plainWords, draw)).join(' ')
    case 'date': return new Date(firstDay + draw(days) * dayMilliseconds).toISOString().slice(0, 10)
    case 'number': return numberLike(value, draw)
    case 'uuid': return `${hexadecimal(8, draw)}-${hexadecimal(4, draw)}-4${hexadecimal(3, draw)}-${'89ab'[draw(4)]!}${hexadecimal(3, draw)}-${hexadecimal(12, draw)}`
  }
}

const hexadecimal = (many: number, draw: Draw): string => Array.from({ length: many }, () => draw(16).toString(16)).join('')

/** As many digits before and after the point. Undefined for what is no plain number. */
function numberLike(value: string, draw: Draw): string | undefined {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d{1,15})(?:[.](\d{1,15}))?$/.exec(value) ?? []
  if (whole === '') return undefined
  const first = whole.length === 1 ? digits(1, draw) : String(1 + draw(9))
  return `${sign}${first}${digits(whole.length - 1, draw)}${fraction === '' ? '' : `.${digits(fraction.length, draw)}`}`
}

/** Draws for one value: of so many one is another than the value itself, whatever it is; a number of one digit takes some. */
const triesMax = 64
/** Whether one stands for the same as the other, however it is written: days in any order of their parts, numbers and identifiers by their digits. */
function same(kind: SyntheticKind, made: string, value: string): boolean {
  if (kind === 'date') {
    const parts = new Set((value.match(/\d+/g) ?? []).map(Number))
    return made.split('-').every((part) => parts.has(Number(part))) || value.replaceAll(/\D/g, '').startsWith(made.replaceAll('-', ''))
  }
  if (kind === 'phone' || kind === 'uuid') return made.replaceAll(/[^0-9a-f]/gi, '').toLowerCase() === value.replaceAll(/[^0-9a-f]/gi, '').toLowerCase()
  return made.trim().toLowerCase() === value.trim().toLowerCase()
}

/** The value of nobody's for a value, however it is spelled; undefined where it is none of this kind. What is blank says nothing, and stays. Never the value itself. */
export function synthesiser(kind: SyntheticKind, mac: Mac, own: Pools): (value: string) => string | undefined {
  return (value) => {
    if (value.trim() === '') return value
    const draw = drawsOf(mac, `synthetic\n${kind}\n${value.trim().toLowerCase()}`)
    for (let tries = 0; tries < triesMax; tries += 1) {
      const made = valueOf(kind, value.trim(), { pools: own, draw })
      if (made === undefined || !same(kind, made, value)) return made
    }
    return undefined
  }
}
