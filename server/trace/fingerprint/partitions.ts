/** What the sorter and its threads agree on. */
import type { DistinctTokens } from './tokens.ts'

/** A partition holds tokens that begin with the same bits: of 47 million, some 370,000, which the second-level cache sorts. */
export const partitionBits = 7
export const partitions = 1 << partitionBits

/** Tokens written to the scratch file at a time: 32 KiB, one for every region and partition in memory. */
export const chunkTokens = 4096

/** Where one partition of one list stands: numbers of its chunks in order, all full but the last. Lengths in tokens. */
export interface Partition { readonly chunks: number[]; length: number }

export interface Sorted extends DistinctTokens { readonly tokens: BigUint64Array<ArrayBuffer> }

export type SortWork =
  | { readonly do: 'add'; readonly region: number; readonly tokens: ArrayBuffer }
  | { readonly do: 'end' }
  | { readonly do: 'sort'; readonly partition: Partition; readonly frequencyMax: number }
