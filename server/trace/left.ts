/** Fingerprints of people who left before the key of tokens changed: records of their own, of the same table. Pure. */

const leftPattern = /[.]left[.](?:epoch|isolated)-[0-9]+$/

/** The id of those of a table whose tokens that key made. */
export const leftIdOf = (id: string, tokenKey: string): string => `${id}.left.${tokenKey.replace('/', '-')}`

/** Whether an id is that of people who left. */
export const isLeft = (id: string): boolean => leftPattern.test(id)

/** People in a place: those who are in a table and those who left it add up; two tables of one controller may hold the same people, so the larger counts. */
export function largestTable(results: readonly { readonly dataset: string; readonly records: number; readonly rows: number }[]): { readonly records: number; readonly rows: number } {
  const tables = [...Map.groupBy(results, ({ dataset }) => dataset.replace(leftPattern, '')).values()]
  const largest = (of: (result: { records: number; rows: number }) => number): number => Math.max(0, ...tables.map((table) => table.reduce((sum, result) => sum + of(result), 0)))
  return { records: largest(({ records }) => records), rows: largest(({ rows }) => rows) }
}
