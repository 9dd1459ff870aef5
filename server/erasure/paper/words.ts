/** What the pages of a certificate say, in both languages; what was recorded in a sentence stands on them as it was recorded. */
import type { Language } from '#document'
import type { CertificateStatus } from '../types.ts'

type Status = Exclude<CertificateStatus, 'invalidated'>

export interface Words {
  readonly title: Readonly<Record<Status, string>>
  readonly means: Readonly<Record<Status, string>>
  readonly invalidated: (id: string, on: string, because: string) => string
  readonly headings: Readonly<Record<'parties' | 'places' | 'verification' | 'notSearched' | 'partlySearched' | 'physical' | 'left' | 'obstacles' | 'exceptions' | 'backups' | 'fingerprints' | 'subProcessors' | 'addresses' | 'people' | 'limits' | 'notClaimed' | 'check', string>>
  readonly names: Readonly<Record<string, string>>
  readonly none: string
  readonly yes: string
  readonly no: string
  readonly asRecorded: string | undefined
  readonly notClaimed: readonly string[]
  readonly check: (id: string, origin: string) => string
  readonly kept: string
  /** How many governed copies could be told, how many not, and in how many places copies of them were found. */
  readonly copiesOfCopies: (copies: string, untold: string, places: string) => string
  /** Why the pages are signed, as readers of PDF show it. */
  readonly signed: (id: string) => string
}

const english: Words = {
  title: { complete: 'Certificate of deletion', complete_with_exceptions: 'Certificate of deletion, with exceptions', pending_backup_expiry: 'Certificate of deletion, pending the expiry of backups', partial: 'Certificate of PARTIAL deletion' },
  means: {
    complete: 'Every place in scope was erased and searched again, and nothing was found. No backup of the processor holds the data any more, as far as backups were declared.',
    complete_with_exceptions: 'Every place in scope was erased and searched again, and nothing was found but what Union or Member State law obliges the processor to keep. That is listed below, with the day on which it need not be kept any more.',
    pending_backup_expiry: 'Every place in scope was erased and searched again, and nothing was found. Backups still hold the data until the days listed below.',
    partial: 'This certificate does NOT say that everything was erased. What stands in the way is listed below under "What is missing".',
  },
  invalidated: (id, on, because) => `INVALIDATED on ${on}: certificate ${id} NO LONGER HOLDS (${because}). Its signature still verifies; its statement is withdrawn.`,
  headings: {
    parties: 'Who, and on what basis', places: 'Places that were erased', verification: 'Search after erasing', notSearched: 'Places that were not searched', partlySearched: 'Places that were searched in part', physical: 'Check of the files below the stores',
    left: 'Found by that search', obstacles: 'What is missing', exceptions: 'Kept by law', backups: 'Backups', fingerprints: 'Fingerprints by which the data were searched for', subProcessors: 'Sub-processors', addresses: 'Addresses that were not searched again: stated, not verified', people: 'Who answers for it',
    limits: 'Limits that hold for every certificate', notClaimed: 'What this certificate does not claim', check: 'How to check it',
  },
  names: {
    certificate: 'Certificate', version: 'version', issued: 'Issued', status: 'Status', processor: 'Processor', controller: 'Controller', contract: 'Contract', document: 'document', ended: 'Ended', deadline: 'Deadline', instruction: 'Basis', choice: 'Choice', dpo: 'Data protection officer',
    kept: 'kept', missed: 'missed', store: 'Store', place: 'Place', method: 'Method', people: 'People before', rows: 'Rows erased', done: 'Ended', environment: 'Environment', because: 'Because', sweep: 'Search', at: 'At', residual: 'People still found', copies_of_copies: 'Copies of governed copies', 'not looked for': 'not looked for', environments: 'Environments searched',
    outcome: 'Outcome', until: 'Until', statute: 'Law', name: 'Name', country: 'Country', asked: 'Asked', evidence: 'Evidence', person: 'Person', role: 'Role', log: 'Log', entries: 'entries before it', expires: 'Gone by', rule: 'Rule', standing: 'Standing',
    'carried out': 'carried out', checked: 'checked', delete: 'delete', return: 'return', send_on: 'send on', certificatesHash: 'sha256 of the file',
    complete: 'complete', complete_with_exceptions: 'complete with exceptions', pending_backup_expiry: 'pending backup expiry', partial: 'partial', 'none obtained': 'none obtained', statement: 'statement that it never held any', held: 'held', destroyed: 'destroyed', retained: 'retained', says: 'Stated', stated_by: 'Stated by', confirmed_by: 'Confirmed by', gone: 'what stood there is gone', moved: 'the same store, moved',
  },
  none: 'None.', yes: 'yes', no: 'no', asRecorded: undefined, kept: 'in time', copiesOfCopies: (copies, untold, places) => `told by their marks and invented records: ${copies} governed copies; ${untold} cannot be told; found in ${places} places`, signed: (id) => `Certificate ${id}: these pages are from the processor, and unchanged`,
  notClaimed: [
    'That all data are gone beyond recovery, or that no copy exists anywhere.', 'That a count of 0 proves absence beyond what the search can see.', 'That the law was kept: a certificate is evidence, no judgement.',
    'Anything of a sub-processor beyond what it stated itself, of backups before they expire, or of the weights of trained models.', 'That an entry of the log proves that the act happened: it proves what was said, and when.',
  ],
  check: (id, origin) => `Attached is the signed document (certificate.dsse.json); these pages are a rendering of it, and where they differ, it holds. With the controller's evidence, anybody checks it without asking the processor, and learns whether it still holds: bailee-verify certificate ${id} BUNDLE, or with this file instead of the number, whose hash is in the log (${origin}). A certificate that was invalidated later still has a signature that verifies: paper alone does not tell.`,
}

const french: Words = {
  title: { complete: 'Certificat d’effacement', complete_with_exceptions: 'Certificat d’effacement, avec exceptions', pending_backup_expiry: 'Certificat d’effacement, dans l’attente de l’expiration des sauvegardes', partial: 'Certificat d’effacement PARTIEL' },
  means: {
    complete: 'Chaque emplacement du périmètre a été effacé puis fouillé de nouveau, et rien n’a été trouvé. Aucune sauvegarde du sous-traitant ne contient plus les données, pour autant que les sauvegardes aient été déclarées.',
    complete_with_exceptions: 'Chaque emplacement du périmètre a été effacé puis fouillé de nouveau, et rien n’a été trouvé, hormis ce que le droit de l’Union ou d’un État membre oblige le sous-traitant à conserver. La liste figure ci-dessous, avec le jour où cette obligation prend fin.',
    pending_backup_expiry: 'Chaque emplacement du périmètre a été effacé puis fouillé de nouveau, et rien n’a été trouvé. Des sauvegardes contiennent encore les données jusqu’aux dates indiquées ci-dessous.',
    partial: 'Ce certificat ne dit PAS que tout a été effacé. Ce qui s’y oppose figure ci-dessous, sous « Ce qui manque ».',
  },
  invalidated: (id, on, because) => `INVALIDÉ le ${on} : le certificat ${id} NE VAUT PLUS (${because}). Sa signature reste vérifiable ; sa déclaration est retirée.`,
  headings: {
    parties: 'Les parties et le fondement', places: 'Emplacements effacés', verification: 'Recherche après effacement', notSearched: 'Emplacements non fouillés', partlySearched: 'Emplacements fouillés en partie', physical: 'Contrôle des fichiers sous les dépôts de données',
    left: 'Trouvé par cette recherche', obstacles: 'Ce qui manque', exceptions: 'Conservé en vertu de la loi', backups: 'Sauvegardes', fingerprints: 'Empreintes ayant servi à la recherche', subProcessors: 'Sous-traitants ultérieurs', addresses: 'Adresses non fouillées de nouveau : déclaré, non vérifié', people: 'Qui en répond',
    limits: 'Limites valables pour tout certificat', notClaimed: 'Ce que ce certificat n’affirme pas', check: 'Comment le vérifier',
  },
  names: {
    certificate: 'Certificat', version: 'version', issued: 'Délivré le', status: 'Statut', processor: 'Sous-traitant', controller: 'Responsable du traitement', contract: 'Contrat', document: 'document', ended: 'Terminé le', deadline: 'Échéance', instruction: 'Fondement', choice: 'Choix', dpo: 'Délégué à la protection des données',
    kept: 'respectée', missed: 'dépassée', store: 'Dépôt', place: 'Emplacement', method: 'Méthode', people: 'Personnes avant', rows: 'Lignes effacées', done: 'Terminé', environment: 'Environnement', because: 'Motif', sweep: 'Recherche', at: 'Le', residual: 'Personnes encore trouvées', copies_of_copies: 'Copies de copies encadrées', 'not looked for': 'non recherchées', environments: 'Environnements fouillés',
    outcome: 'Résultat', until: 'Jusqu’au', statute: 'Loi', name: 'Nom', country: 'Pays', asked: 'Demandé le', evidence: 'Preuve', person: 'Personne', role: 'Rôle', log: 'Journal', entries: 'entrées avant lui', expires: 'Disparaît le', rule: 'Règle', standing: 'Situation',
    'carried out': 'a exécuté', checked: 'a contrôlé', delete: 'effacer', return: 'restituer', send_on: 'transmettre', certificatesHash: 'sha256 du fichier',
    complete: 'complet', complete_with_exceptions: 'complet avec exceptions', pending_backup_expiry: 'en attente de l’expiration des sauvegardes', partial: 'partiel', 'none obtained': 'aucune obtenue', statement: 'déclaration de n’avoir jamais rien détenu', held: 'conservées', destroyed: 'détruites', retained: 'retenues', says: 'Déclaré', stated_by: 'Déclaré par', confirmed_by: 'Confirmé par', gone: 'ce qui s’y trouvait n’existe plus', moved: 'le même dépôt, déplacé',
  },
  none: 'Aucun.', yes: 'oui', no: 'non', kept: 'à temps', copiesOfCopies: (copies, untold, places) => `reconnues à leurs marques et leurs leurres : ${copies} copies encadrées ; ${untold} ne peuvent l’être ; trouvées dans ${places} lieux`, signed: (id) => `Certificat ${id} : ces pages viennent du sous-traitant et n’ont pas été modifiées`, asRecorded: 'Les motifs, méthodes et limites figurent dans la langue où ils ont été consignés et signés.',
  notClaimed: [
    'Que toutes les données soient perdues sans retour, ni qu’il n’en existe aucune copie nulle part.', 'Qu’un compte de 0 prouve l’absence au-delà de ce que la recherche peut voir.', 'Que la loi ait été respectée : un certificat est une preuve, non un jugement.',
    'Quoi que ce soit d’un sous-traitant ultérieur au-delà de ce qu’il a déclaré lui-même, des sauvegardes avant leur expiration, ni des poids de modèles entraînés.', 'Qu’une entrée du journal prouve que l’acte a eu lieu : elle prouve ce qui a été dit, et quand.',
  ],
  check: (id, origin) => `Le document signé est joint (certificate.dsse.json) ; ces pages en sont une mise en forme, et en cas d’écart c’est lui qui fait foi. Avec les éléments de preuve du responsable du traitement, chacun le vérifie sans rien demander au sous-traitant, et apprend s’il vaut encore : bailee-verify certificate ${id} BUNDLE, ou avec ce fichier à la place du numéro, dont l’empreinte est au journal (${origin}). La signature d’un certificat invalidé plus tard reste vérifiable : le papier seul ne le dit pas.`,
}

export const wordsIn: Readonly<Record<Language, Words>> = { en: english, fr: french }
