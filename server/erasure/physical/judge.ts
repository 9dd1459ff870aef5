/** What may be said of each kind of file; pure. */
import type { Hindrance, KindOutcome, KindRule, KindSearched, KindStanding, Performed, Replaced, StoreOutcome } from './types.ts'

/** All that was seen of one store's files. `before`: null where its values were gone when this run began. */
export interface Evidence {
  readonly store: string
  readonly values: number
  readonly rules: readonly KindRule[]
  readonly before: readonly KindSearched[] | null
  readonly after: readonly KindSearched[]
  readonly replaced: readonly Replaced[]
}

/**
 * Nothing is said to be clear that was not shown to be seen into: without values to search for, or where no planted value was found, a kind is *blind*; and blind but *replaced*
 * when every file that held the data is gone.
 */
export function judgeKinds({ values, rules, before, after, replaced }: Evidence): KindOutcome[] {
  return after.map((found): KindOutcome => {
    const rule = rules.find(({ kind }) => kind === found.kind)
    const structure = replaced.find(({ kind }) => kind === found.kind)
    const control = rule?.holdsValues === false ? 'none' : found.controls > 0 ? 'seen' : 'not seen'
    const gone = structure !== undefined && structure.before > 0 && structure.left === 0
    const standing = standingOf({ values: found.values, searched: values > 0, control, gone, empty: found.bytes === 0 })
    return {
      kind: found.kind, standing, files: found.files, bytes: found.bytes, values_before: before === null || values === 0 ? null : (before.find(({ kind }) => kind === found.kind)?.values ?? 0),
      values_after: found.values, control, files_before: structure?.before ?? 0, files_left: structure?.left ?? 0,
    }
  })
}

function standingOf({ values, searched, control, gone, empty }: { values: number; searched: boolean; control: KindOutcome['control']; gone: boolean; empty: boolean }): KindStanding {
  if (values > 0) return 'residual'
  if (control === 'none') return 'holds no values'
  if (empty || (searched && control === 'seen')) return 'clear'
  return gone ? 'replaced' : 'blind'
}

/** What keeps an erasure from being complete, by what the check of one store came to. */
export function hindrancesOf(outcome: StoreOutcome): Hindrance[] {
  if (!outcome.performed) return [...outcome.hindrances]
  const kinds = outcome.kinds.flatMap(({ kind, standing, values_after: left, control }): Hindrance[] => {
    if (standing === 'residual') return [{ place: `files: ${kind}`, because: `${left} of ${outcome.values} erased values still stand in them` }]
    if (standing !== 'blind') return []
    return [{ place: `files: ${kind}`, because: `blind: ${outcome.values === 0 ? 'there was no value left to search for' : control === 'seen' ? 'not searched' : 'a planted value was not seen in them'}, and not every file that held the data was replaced` }]
  })
  return [...outcome.hindrances, ...kinds, ...unproven(outcome)]
}

/** A column that no search sees into is proven by its table's files alone. */
function unproven({ blind_columns: columns, kinds }: Performed): Hindrance[] {
  const proven = (kind: string): boolean => kinds.filter((one) => one.kind === kind).every(({ files_before: before, files_left: left }) => before === 0 || left === 0)
  const whole = proven('table') && proven('TOAST') && kinds.some(({ kind, files_before: before }) => kind === 'table' && before > 0)
  return whole ? [] : columns.map(({ place, column, because }) => ({ place, because: `column ${column} is blind to a search of bytes (${because}), and not every file that held it was replaced` }))
}
