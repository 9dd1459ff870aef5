/** Whether a sub-processor may have data of a contract, and by what they may leave the European Economic Area; pure. */
import type { ChainLink, Contract } from '#contract'
import { Refused } from '#kit/errors'
import { regionOf } from './region.ts'

export interface Authorised { readonly country: string; /** Chapter V; null where none is needed. */ readonly tool: string | null }

/** Tools of Articles 45, 46 and 49, as a contract names them: in these words, or by the article. */
const tools = /^(adequacy|scc|standard_clauses|bcr|binding_rules|code_of_conduct|certification|derogation)$|\b(45|46|49)\b/

/**
 * Throws `Refused` for one that is not in the contract's chain, or is there without leave (not announced, objected to, its notice window still open, or engaged through one who has none; Art. 28(2)), and for a country outside the European Economic Area for which the contract names no tool
 * (Art. 44 to 49). That the controller named it for these data is another question, which the accepted instruction answers.
 */
export function authorisedFor({ id, declared }: Pick<Contract, 'id' | 'declared'>, chain: readonly ChainLink[], name: string): Authorised {
  const { authorisation = 'none' } = (declared['sub_processors'] ?? {}) as { readonly authorisation?: string }
  if (authorisation === 'none') throw new Refused('transfer/not-authorised', `${id} authorises no sub-processor (Art. 28(2) GDPR): ask the controller`)
  const one = chain.find((each) => each.name === name)
  if (one === undefined) throw new Refused('transfer/not-authorised', `${id} lists no sub-processor ${JSON.stringify(name)} (Art. 28(2) GDPR); it lists ${chain.map((each) => each.name).join(', ') || 'none'}`)
  if (!one.authorised) throw new Refused('transfer/not-authorised', `${name} may have nothing under ${id} (Art. 28(2) GDPR): ${one.because ?? 'it is not authorised'}; bailee contract sub-processor list ${id}`)
  const { country } = one.identity
  const region = regionOf(country)
  if (region === 'EU' || region === 'EEA') return { country, tool: null }
  const tool = ((declared['transfers'] ?? []) as readonly { readonly country: string; readonly tool: string }[]).find((term) => term.country === country && tools.test(term.tool))
  if (tool === undefined) throw new Refused('transfer/no-tool', `${name} is in ${country}, outside the European Economic Area, and ${id} names no tool for transfers there (Art. 44 to 49 GDPR): adequacy, standard clauses, binding rules or a derogation, under transfers`)
  return { country, tool: tool.tool }
}
