/** Marks in place of values: what names and texts show where they hold somebody's address or number. Pure. */
import { createHmac } from 'node:crypto'

// What stands around an @, written as it is or as in addresses of the web (RFC 3986); the ending of a file goes with it, for it looks like a domain.
// Before the @ as much as any address has four times over: without an end, a long name would be looked through anew from each of its letters.
const address = /[\p{L}\p{N}._%+-]{1,256}(?:@|%40)[\p{L}\p{N}-]+(?:[.][\p{L}\p{N}-]+)+/giu

// Telephone numbers: international with a plus, or national with one nought. Not numbers of parts, days or moments, which names are full of.
const telephone = /(?<![\p{L}\p{N}])\+\d(?:[ ().-]{0,2}\d){7,14}(?![\p{L}\p{N}])|(?<![\p{L}\p{N}_.-])0[1-9]\d{8,9}(?![\p{L}\p{N}])/gu

const markLength = 12

/** What marks values under a key. */
export type Marker = (kind: 'address' | 'telephone' | 'value', value: string) => string

/** Marks under a key: the same value has the same mark, and without the key nothing leads back to it. */
export const markerUnder = (key: Uint8Array): Marker => (kind, value) => `⟨${kind} ${createHmac('sha256', key).update(`${kind}\n${value}`).digest('hex').slice(0, markLength)}⟩`

/** Shows names by what they look like. */
export const shownByForm = (mark: Marker) => (text: string): string => text.replace(address, (value) => mark('address', value)).replace(telephone, (value) => mark('telephone', value))
