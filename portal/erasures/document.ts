/** The signed document of a certificate, as the page reads it: what is not there is left out, and nothing is made up. */
type Row = Readonly<Record<string, unknown>>
const rowOf = (value: unknown): Row => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : {})
const rowsOf = (value: unknown): Row[] => (Array.isArray(value) ? value.map(rowOf) : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const count = (value: unknown): number => (typeof value === 'number' ? value : 0)

export interface SignedPlace { readonly store: string; readonly place: string; readonly method: string; readonly people: number; readonly rows: number; readonly ended: string | null }

/** What the page shows of it. */
export function documentOf(document: Row) {
  const [verification, contract, instruction, fingerprints] = [rowOf(document['verification']), rowOf(document['contract']), rowOf(document['instruction']), rowOf(document['fingerprints'])]
  const choice = text(instruction['choice'])
  return {
    status: text(document['status']) as 'complete' | 'complete_with_exceptions' | 'pending_backup_expiry' | 'partial',
    places: rowsOf(document['places']).map((one): SignedPlace => ({ store: text(one['store']), place: text(one['place']), method: text(one['method']), people: count(one['people_before']), rows: count(one['rows_erased']), ended: textOrNull(one['ended']) })),
    verification: { residual: count(verification['residual']), at: text(verification['at']), method: text(verification['method']), stores: rowsOf(verification['searched']).length },
    obstacles: rowsOf(document['obstacles']).map((one) => ({ store: text(one['store']), place: text(one['place']), because: text(one['because']) })), backups: rowsOf(document['backups']).map((one) => ({ store: text(one['store']), expires: text(one['expires']) })),
    subProcessors: rowsOf(document['sub_processors']).map((one) => text(one['name'])), physical: rowsOf(document['physical_check']).filter((one) => one['performed'] !== true).map((one) => ({ store: text(one['store']), because: text(one['because']) })),
    limits: (Array.isArray(document['limits']) ? document['limits'] : []).map(text), withinDeadline: document['within_deadline'] === true, deadline: text(document['deadline']), controller: text(rowOf(document['controller'])['name']), processor: text(rowOf(document['processor'])['name']),
    contract: text(contract['id']), ended: textOrNull(contract['ended']), choice: choice === 'delete' || choice === 'return' || choice === 'send_on' ? choice : null, signatories: rowsOf(document['signatories']).map((one) => ({ person: text(one['person']), role: text(one['role']) })),
    witnessed: rowOf(document['log'])['independently_witnessed'] === true, fingerprintsUntil: fingerprints['standing'] === 'retained' ? textOrNull(fingerprints['until']) : null,
  } as const
}
