/**
 * Three tests of what a copy says of one person: whether records stand alone, whether they can be linked, what can be inferred (Article 29 Working Party, WP216, 2.2; no record isolation, no linkage, no inference in
 * EDPB Guidelines 02/2026, draft of 2026-07-07). Made of codes of values, as rows go by.
 */
import { CodeCounts, CodeTable } from './groups.ts'
import type { Inference, Isolation } from './types.ts'

/** Groups that are told apart at most: some dozens of megabytes; a table with more has next to nobody in company. */
const groupsMax = 2_000_000
/** Of each sensitive column, groups together with values in them. */
const pairsMax = 1_000_000

export interface RowTests {
  /** Takes a row: two words of a code for each column that still says something, in their order. False: nothing of later rows is looked at. */
  readonly add: (codes: Int32Array) => boolean
  readonly result: () => { readonly isolation: Isolation; readonly inference: readonly Inference[] }
}

/** `columns`: those that still say something. `sensitive`: those of them whose values are to be inferred of nobody. */
export function testRows(columns: readonly string[], sensitive: readonly string[]): RowTests {
  let groups: CodeCounts | undefined = new CodeCounts(groupsMax)
  let counts = { groups: 0, smallest: 0, alone: 0 }
  const isolated = (): typeof counts => (groups === undefined ? counts : { groups: groups.size, ...groups.result() })
  const inferring = columns.flatMap((column, at) => (sensitive.includes(column) ? [testInference(column, at)] : []))
  let counted = 0
  return {
    add: (codes) => {
      for (const one of inferring) one.add(codes)
      if (groups?.add(together(codes, 0, -1), together(codes, 1, -1)) === true) counted += 1
      else if (groups !== undefined) { // full: its memory is for others
        counts = isolated()
        groups = undefined
      }
      return groups !== undefined || inferring.length > 0
    },
    result: () => ({
      isolation: { columns, ...isolated(), counted },
      inference: inferring.map((one) => one.result()),
    }),
  }
}

/** One word of the code of all columns but one. */
function together(codes: Int32Array, word: 0 | 1, but: number): number {
  let code = word === 0 ? 0x1b873593 : 0x6ed9eba1
  for (let at = word; at < codes.length; at += 2) {
    if (at >> 1 === but) continue
    code = Math.imul(code ^ codes[at]!, word === 0 ? 0x01000193 : 0x5bd1e995)
    code ^= code >>> 15
  }
  return code
}

interface InferenceTest { readonly add: (codes: Int32Array) => void; readonly result: () => Inference }

/** How much a group, of rows that are alike in everything else, tells of the values of this column in it: l-diversity (Machanavajjhala et al. 2007) and t-closeness (Li et al. 2007), by the variational distance. */
function testInference(column: string, at: number): InferenceTest {
  const [groups, values, pairs] = [new CodeTable(pairsMax), new CodeTable(pairsMax), new CodeTable(pairsMax)]
  const [groupRows, groupValues, valueRows, pairRows, pairGroup, pairValue]: [number[], number[], number[], number[], number[], number[]] = [[], [], [], [], [], []]
  let [counted, full] = [0, false]
  return {
    add: (codes) => {
      if (full) return
      const [high, low] = [together(codes, 0, at), together(codes, 1, at)]
      const [group, value] = [groups.indexOf(high, low), values.indexOf(codes[2 * at]!, codes[2 * at + 1]!)]
      const before = pairs.size
      const pair = pairs.indexOf(Math.imul(high, 0x2c1b3c6d) ^ codes[2 * at]!, Math.imul(low, 0x297a2d39) ^ codes[2 * at + 1]!)
      full = group < 0 || value < 0 || pair < 0
      if (full) return
      counted += 1
      groupRows[group] = (groupRows[group] ?? 0) + 1
      valueRows[value] = (valueRows[value] ?? 0) + 1
      pairRows[pair] = (pairRows[pair] ?? 0) + 1
      if (pairs.size === before) return
      groupValues[group] = (groupValues[group] ?? 0) + 1
      pairGroup[pair] = group
      pairValue[pair] = value
    },
    result: () => {
      const distance = new Float64Array(groupRows.length)
      pairRows.forEach((many, pair) => {
        const group = pairGroup[pair]!
        distance[group]! += Math.max(0, many / groupRows[group]! - valueRows[pairValue[pair]!]! / counted)
      })
      return {
        column, groups: groupRows.length, diversity: groupValues.reduce((least, one) => Math.min(least, one), groupRows.length === 0 ? 0 : Infinity), alike: groupValues.reduce((many, one) => many + (one === 1 ? 1 : 0), 0),
        distance: Math.round(distance.reduce((most, one) => Math.max(most, one), 0) * 1_000) / 1_000, counted,
      }
    },
  }
}

/** What a copy may be called by the tests; never *anonymous* alone. `byKey`: columns whose tokens whoever has the key can link. */
export function labelOf({ isolation, inference, byKey, rows }: { readonly isolation: Isolation; readonly inference: readonly Inference[]; readonly byKey: readonly string[]; readonly rows: number }): 'pseudonymised' | 'passes three tests' {
  const whole = isolation.counted === rows && inference.every(({ counted }) => counted === rows)
  return whole && rows > 0 && isolation.alone === 0 && byKey.length === 0 && inference.length > 0 && inference.every(({ alike }) => alike === 0) ? 'passes three tests' : 'pseudonymised'
}
