import { wordsOf } from '../words/index.tsx'

/** Words of what is said of a sub-processor, and signed. */
export const sayWords = wordsOf(
  {
    object: (name: string) => `Object to ${name}`, authorise: (name: string) => `Authorise ${name}`, reasons: 'Why you object', reasonsHelp: 'It goes into your log, and the processor reads it.', needReasons: 'Say why, in a sentence.',
    objectMeans: 'From then on nothing of yours may go to it. You can lift the objection later by authorising it.', authoriseMeans: 'It may have your data for the purpose that stands on this page, under the instructions that you accepted.',
    objects: (name: string, contract: string, reasons: string) => `I object to ${name} as a sub-processor under contract ${contract}: ${reasons}`, authorises: (name: string, contract: string) => `I authorise ${name} as a sub-processor under contract ${contract}.`, signatoryCan: (name: string) => `A signatory of ${name} can say so.`,
  },
  {
    object: (name: string) => `S’opposer à ${name}`, authorise: (name: string) => `Autoriser ${name}`, reasons: 'Pourquoi vous vous y opposez', reasonsHelp: 'C’est inscrit dans votre journal, et le sous-traitant le lit.', needReasons: 'Dites pourquoi, en une phrase.',
    objectMeans: 'Dès lors, rien de vos données ne peut lui être transmis. Vous pourrez lever l’opposition en l’autorisant.', authoriseMeans: 'Il pourra avoir vos données pour la finalité qui figure sur cette page, selon les instructions que vous avez acceptées.',
    objects: (name: string, contract: string, reasons: string) => `Je m’oppose à ${name} comme sous-traitant ultérieur au titre du contrat ${contract} : ${reasons}`, authorises: (name: string, contract: string) => `J’autorise ${name} comme sous-traitant ultérieur au titre du contrat ${contract}.`, signatoryCan: (name: string) => `Un signataire de ${name} peut le dire.`,
  },
)
