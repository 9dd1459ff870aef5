import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Misuse } from '#kit/errors'
import { firstNames, lastNames, places, tastes } from './names.ts'

/** Where the tastes of one country's listeners come from: real lists by user number, or invented. */
interface Source { readonly country: string; readonly count: number; readonly tastesOf: (number: number, draw: Draw) => readonly string[] }

/** Numbers that follow from a seed and a row, so that any row can be made again without the ones before it. */
type Draw = (below: number) => number

/** A small generator (32-bit mixing, in the manner of splitmix) for invented data: the same seed and row give the same person. */
function drawer(seed: number, row: number): Draw {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(row + 1, 0xc2b2ae35)) >>> 0
  return (below) => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) % below
  }
}

export const listenerColumns = [
  'user_id', 'email', 'first_name', 'last_name', 'gender', 'birth_date', 'country', 'city', 'language', 'newsletter', 'plan', 'payments',
  'tracks_per_day', 'minutes_per_day', 'favourite_artists',
] as const

/** The people of the case: how many, and their rows as CSV in the order of `listenerColumns`. */
export interface Listeners {
  readonly count: number
  readonly real: boolean
  /** CSV in pieces of some 64 KiB. */
  csv(): AsyncGenerator<Buffer>
}

/** Invented listeners, any number, spread over countries as a music service's are. */
export function inventedListeners(count: number, seed: number): Listeners {
  const shares = [['FR', 0.34], ['DE', 0.2], ['BR', 0.2], ['RO', 0.1], ['HU', 0.1]] as const
  const sources: Source[] = shares.map(([country, share]) => ({ country, count: Math.floor(count * share), tastesOf: inventTastes }))
  const rest = count - sources.reduce((sum, source) => sum + source.count, 0)
  sources.push({ country: 'GB', count: rest, tastesOf: inventTastes })
  return { count, real: false, csv: () => csvOf(sources, seed) }
}

function inventTastes(_number: number, draw: Draw): string[] {
  return Array.from({ length: 1 + draw(7) }, () => tastes[draw(tastes.length)] ?? '')
}

/**
 * The real listeners in `directory` (`RO_genres.json`, `HU_genres.json`: favourite genres by user number), with invented identities.
 * Throws `Misuse` when the files are not there or hold something else.
 */
export function realListeners(directory: string, seed: number): Listeners {
  const sources = ['RO', 'HU'].map((country): Source => {
    const file = join(directory, `${country}_genres.json`)
    if (!existsSync(file)) throw new Misuse(`--data names a directory with RO_genres.json and HU_genres.json; ${file} is not there`)
    const liked = new Map(Object.entries(parseTastes(file)))
    return { country, count: liked.size, tastesOf: (number) => liked.get(String(number)) ?? [] }
  })
  return { count: sources.reduce((sum, source) => sum + source.count, 0), real: true, csv: () => csvOf(sources, seed) }
}

function parseTastes(file: string): Record<string, readonly string[]> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, readonly string[]>
  } catch {
    throw new Misuse(`${file} is not JSON`)
  }
}

const pieceBytes = 64 * 1024

async function* csvOf(sources: readonly Source[], seed: number): AsyncGenerator<Buffer> {
  let piece = ''
  let row = 0
  for (const source of sources) {
    for (let number = 0; number < source.count; number += 1, row += 1) {
      piece += rowOf(source, number, drawer(seed, row))
      if (piece.length > pieceBytes) {
        yield Buffer.from(piece)
        piece = ''
      }
    }
  }
  if (piece !== '') yield Buffer.from(piece)
}

const pick = <Item>(list: readonly Item[], draw: Draw): Item => list[draw(list.length)] as Item
const twoDigits = (number: number): string => String(number).padStart(2, '0')
const domains = ['mail.example', 'post.example', 'example.org', 'example.net', 'inbox.example']
const plans = ['free', 'free', 'premium', 'family', 'student']

function rowOf(source: Source, number: number, draw: Draw): string {
  const { country } = source
  const place = places[country] as (typeof places)[string]
  const first = pick(firstNames, draw)
  const last = pick(lastNames, draw)
  const born = `${1950 + draw(58)}-${twoDigits(1 + draw(12))}-${twoDigits(1 + draw(28))}`
  const plan = pick(plans, draw)
  const paid = plan === 'free' ? 0 : draw(60)
  const tracks = draw(90)
  // One in fifty writes an address in letters of their own alphabet, as people do.
  const local = draw(50) === 0 ? `${first}.${last}` : plain(`${first}.${last}`)
  const email = `${local.toLowerCase()}${number}.${country.toLowerCase()}@${pick(domains, draw)}`
  const artists = `{${source.tastesOf(number, draw).map((taste) => `""${taste}""`).join(',')}}`
  return `${country}${number},${email},${first},${last},${draw(2) === 0 ? 'F' : 'M'},${born},${country},${pick(place.cities, draw)},${place.language},${draw(3) === 0},${plan},${paid},${tracks},${tracks * (2 + draw(3))},"${artists}"\n`
}

const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[^A-Za-z.]/g, '')
