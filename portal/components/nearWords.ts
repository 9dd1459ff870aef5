import { wordsOf } from '../words/index.tsx'

export const nearWords = wordsOf(
  {
    near: 'Near in time', refusal: (who: string, when: string) => `${who} was refused, ${when}`, somebody: 'somebody whose name is not known any more', lacked: (what: string) => `It lacked: ${what}.`, asked: (operation: string) => `asked for: ${operation}`, where: (environment: string) => `in ${environment}`, more: 'and earlier ones',
    none: (from: string, to: string) => `No refusal for this controller from ${from} to ${to}.`, between: (from: string, to: string) => `Refused for the same controller from ${from} until the copy must have been there, ${to}.`,
    noneOwn: (from: string, to: string) => `None of your own acts was refused for this controller from ${from} to ${to}; those of others are not shown to you.`, betweenOwn: (from: string, to: string) => `Your own acts that were refused for the same controller from ${from} until the copy must have been there, ${to}; those of others are not shown to you.`, cut: 'Only the 200 newest refusals were looked through for yours.',
    noProof: 'Near in time is no proof: a refused act may have nothing to do with this copy, and refused acts are held against nobody.', onlyAsked: 'Only what was asked for is known: whoever did not ask was not refused.',
  },
  {
    near: 'Proche dans le temps', refusal: (who: string, when: string) => `refus opposé à ${who}, ${when}`, somebody: 'quelqu’un dont le nom n’est plus connu', lacked: (what: string) => `Il manquait : ${what}.`, asked: (operation: string) => `demandé : ${operation}`, where: (environment: string) => `dans ${environment}`, more: 'et de plus anciens',
    none: (from: string, to: string) => `Aucun refus pour ce responsable du ${from} au ${to}.`, between: (from: string, to: string) => `Refusés pour le même responsable du ${from} jusqu’au moment où la copie devait être là, ${to}.`,
    noneOwn: (from: string, to: string) => `Aucun de vos propres actes n’a été refusé pour ce responsable du ${from} au ${to} ; ceux des autres ne vous sont pas montrés.`, betweenOwn: (from: string, to: string) => `Vos propres actes refusés pour le même responsable du ${from} jusqu’au moment où la copie devait être là, ${to} ; ceux des autres ne vous sont pas montrés.`, cut: 'Les vôtres n’ont été cherchés que parmi les 200 refus les plus récents.',
    noProof: 'Proche dans le temps ne prouve rien : un acte refusé peut n’avoir aucun rapport avec cette copie, et les refus ne sont reprochés à personne.', onlyAsked: 'On ne connaît que ce qui a été demandé : qui n’a pas demandé n’a pas été refusé.',
  },
)
