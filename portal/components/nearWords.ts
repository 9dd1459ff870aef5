import { wordsOf } from '../words/index.tsx'

export const nearWords = wordsOf(
  {
    near: 'Near in time', refusal: (who: string, when: string) => `refusal of ${who}, ${when}`, somebody: 'somebody whose name is not known any more', lacked: (what: string) => `It lacked: ${what}.`, asked: (operation: string) => `asked for: ${operation}`, where: (environment: string) => `in ${environment}`, more: 'and earlier ones',
    none: (from: string, to: string) => `No refusal for this controller from ${from} to ${to}.`, between: (from: string, to: string) => `Refused for the same controller from ${from} until the copy must have been there, ${to}.`,
    noProof: 'Near in time is no proof: a refused act may have nothing to do with this copy, and refused acts are held against nobody.', onlyAsked: 'Only what was asked for is known: whoever did not ask was not refused.',
  },
  {
    near: 'Proche dans le temps', refusal: (who: string, when: string) => `refus opposé à ${who}, ${when}`, somebody: 'quelqu’un dont le nom n’est plus connu', lacked: (what: string) => `Il manquait : ${what}.`, asked: (operation: string) => `demandé : ${operation}`, where: (environment: string) => `dans ${environment}`, more: 'et de plus anciens',
    none: (from: string, to: string) => `Aucun refus pour ce responsable du ${from} au ${to}.`, between: (from: string, to: string) => `Refusés pour le même responsable du ${from} jusqu’au moment où la copie devait être là, ${to}.`,
    noProof: 'Proche dans le temps ne prouve rien : un acte refusé peut n’avoir aucun rapport avec cette copie, et les refus ne sont reprochés à personne.', onlyAsked: 'On ne connaît que ce qui a été demandé : qui n’a pas demandé n’a pas été refusé.',
  },
)
