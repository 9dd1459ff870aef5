/** What a signatory is about to accept, as a sentence: what the page says is what is signed, beside its bytes. Pure. */
import type { Instruction, Scope } from '#instruction'

const listed = (items: readonly string[], and: string): string => (items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${and} ${items.at(-1)}`)

const dataIn = ({ data }: Scope, { all, and }: { all: string; and: string }): string => listed(Object.entries(data).map(([dataset, columns]) => `${dataset} (${columns === '*' ? all : columns.join(', ')})`), and)

/** In both languages. What a scope does not name is not in the sentence, because it is not covered. */
export function acceptanceInWords({ id, contract, scope }: Pick<Instruction, 'id' | 'contract' | 'scope'>, processor: string): { readonly en: string; readonly fr: string } {
  const { purposes, operations, environments, recipients = [], identifiable, from, until, supersedes } = scope
  const budget = typeof scope.rows_per_session === 'number' ? scope.rows_per_session : undefined
  return {
    en: [
      `I accept ${id} under contract ${contract}: ${processor} may ${listed(operations, 'and')} ${dataIn(scope, { all: 'every column', and: 'and' })} for ${listed(purposes, 'and')}, in ${listed(environments, 'and')}, from ${from}${until === undefined ? ' until further notice' : ` until ${until}`}${budget === undefined ? '' : `, ${budget} rows a session at most`}.`,
      recipients.length === 0 ? 'Nobody else receives them.' : `They may go to ${listed(recipients, 'and')}.`, identifiable === true ? 'They may arrive in clear outside production.' : 'They arrive nowhere in clear outside production.',
      supersedes === undefined ? '' : `It takes the place of ${supersedes}.`,
    ].filter((one) => one !== '').join(' '),
    fr: [
      `J’accepte ${id} au titre du contrat ${contract} : ${processor} peut effectuer ${listed(operations, 'et')} sur ${dataIn(scope, { all: 'toutes les colonnes', and: 'et' })} pour ${listed(purposes, 'et')}, en ${listed(environments, 'et')}, à partir du ${from}${until === undefined ? ' jusqu’à nouvel ordre' : ` jusqu’au ${until}`}${budget === undefined ? '' : `, ${budget} lignes au plus par session`}.`,
      recipients.length === 0 ? 'Personne d’autre ne les reçoit.' : `Elles peuvent aller à ${listed(recipients, 'et')}.`, identifiable === true ? 'Elles peuvent arriver en clair hors production.' : 'Elles n’arrivent nulle part en clair hors production.',
      supersedes === undefined ? '' : `Elle remplace ${supersedes}.`,
    ].filter((one) => one !== '').join(' '),
  }
}
