/** What the pack of guarantees says, in English and French. */
import type { Language } from '../types.ts'

const en = {
  title: 'Sufficient guarantees (Art. 28(1) and 28(5) GDPR)', processor: 'Processor', asOf: 'As of', aboutHead: 'About', section: 'Section', what: 'What', standing: 'Standing', day: 'Day', says: 'Says',
  about: 'What was declared, and what was looked at on which day. No client is named, and fewer than five are never counted exactly. It is no certification (Art. 42) and no code of conduct (Art. 40). What the processor wrote of its measures stands as it wrote it.',
  sections: { measures: 'measures', tests: 'tests', clocks: 'clocks', certificates: 'certificates', people: 'people' }, standings: { declared: 'declared', tested: 'tested', failing: 'failing', unknown: 'unknown' },
  few: (most: number) => `fewer than ${most}`, tooFew: 'too few to count', allOf: 'all', notSaid: 'not said: the rest would be few', percent: (share: number) => `${share} %`,
  measures: 'security measures', noMeasure: 'none is described', ways: 'ways out of an instruction', notProved: 'no instruction was proved at a database', waysHeld: (least: number) => `every one tried stayed closed (at least ${least} at each database); the oldest trial is of that day`, waysOpen: 'at some database a way out was open, or what was proved has changed since',
  roads: 'roads beside the gateway', nobodyLooked: 'nobody looked', roadsOpen: 'some are open that nobody answers for', roadsClosed: 'none that was seen is open', roadsDeclared: '; some stay on purpose, each with somebody who answers for it', roadsNotSeen: '; not everything could be seen',
  search: 'search for copies', noSearch: 'no search was made', searched: (stores: number, places: number, notRead: number, partly: number) => `${stores} stores, ${places} places; ${notRead} not read, ${partly} read in part`,
  witnesses: 'independent witnesses of the ledger', noWitness: 'none is declared: the ledger is not independently witnessed', notCosigned: (declared: number) => `${declared} declared, none has cosigned yet`, declaredCount: (declared: number) => `${declared} declared`,
  doctor: 'keys, ledger, disk', allGood: (kinds: number) => `${kinds} kinds of things were looked at, and nothing was wrong`, wrong: (what: string) => `wrong: ${what}`,
  exits: 'ends of contracts certified in time', noneDue: 'none was due', exitsMet: (due: string, share: string) => `${due} were due; certified within their time: ${share}`,
  breaches: 'controllers told of breaches in time', noBreach: 'no breach is recorded that was to be told by now; that is not that there was none', breachesMet: (due: string, share: string) => `${due} were to be told; told within the time of their contract, or told where it gives none: ${share}`,
  certificates: 'certificates of erasure', noCertificate: 'none was issued', certificatesStand: (issued: string, share: string) => `${issued} issued; standing, and not partial: ${share}`,
  committed: 'committed to confidentiality', trained: 'training in force', nobody: 'nobody is declared', ofPeople: (held: number, all: number) => `${held} of ${all} people`,
}

const fr: typeof en = {
  title: 'Garanties suffisantes (article 28, paragraphes 1 et 5, du RGPD)', processor: 'Sous-traitant', asOf: 'Situation au', aboutHead: 'Objet', section: 'Rubrique', what: 'Élément', standing: 'État', day: 'Jour', says: 'Constat',
  about: 'Ce qui a été déclaré, et ce qui a été vérifié et quel jour. Aucun client n\'est nommé, et un nombre inférieur à cinq n\'est jamais donné exactement. Ce n\'est ni une certification (article 42) ni un code de conduite (article 40). Ce que le sous-traitant a écrit de ses mesures figure tel quel.',
  sections: { measures: 'mesures', tests: 'vérifications', clocks: 'délais', certificates: 'certificats', people: 'personnel' }, standings: { declared: 'déclaré', tested: 'vérifié', failing: 'en défaut', unknown: 'inconnu' },
  few: (most) => `moins de ${most}`, tooFew: 'trop peu pour être comptés', allOf: 'tous', notSaid: 'non indiqué : le reste serait trop petit', percent: (share) => `${share} %`,
  measures: 'mesures de sécurité', noMeasure: 'aucune n\'est décrite', ways: 'issues d\'une instruction', notProved: 'aucune instruction n\'a été éprouvée sur une base', waysHeld: (least) => `toutes celles qui ont été tentées sont restées fermées (au moins ${least} par base) ; l'essai le plus ancien est de ce jour`, waysOpen: 'sur une base une issue était ouverte, ou ce qui avait été éprouvé a changé depuis',
  roads: 'voies à côté de la passerelle', nobodyLooked: 'personne n\'a vérifié', roadsOpen: 'certaines sont ouvertes sans que personne n\'en réponde', roadsClosed: 'aucune de celles qui ont été vues n\'est ouverte', roadsDeclared: ' ; certaines le restent à dessein, chacune avec quelqu\'un qui en répond', roadsNotSeen: ' ; tout n\'a pas pu être vu',
  search: 'recherche de copies', noSearch: 'aucune recherche n\'a été faite', searched: (stores, places, notRead, partly) => `${stores} systèmes, ${places} emplacements ; ${notRead} non lus, ${partly} lus en partie`,
  witnesses: 'témoins indépendants du journal', noWitness: 'aucun n\'est déclaré : le journal n\'a pas de témoin indépendant', notCosigned: (declared) => `${declared} déclarés, aucun n'a encore cosigné`, declaredCount: (declared) => `${declared} déclarés`,
  doctor: 'clés, journal, disque', allGood: (kinds) => `${kinds} catégories d'éléments ont été vérifiées, sans défaut`, wrong: (what) => `en défaut : ${what}`,
  exits: 'fins de contrat certifiées dans les délais', noneDue: 'aucune n\'était échue', exitsMet: (due, share) => `${due} étaient échues ; certifiées dans les délais : ${share}`,
  breaches: 'responsables informés des violations dans les délais', noBreach: 'aucune violation à notifier à ce jour n\'est consignée ; ce n\'est pas la preuve qu\'il n\'y en a pas eu', breachesMet: (due, share) => `${due} étaient à notifier ; notifiées dans le délai du contrat, ou notifiées lorsqu'il n'en prévoit pas : ${share}`,
  certificates: 'certificats d\'effacement', noCertificate: 'aucun n\'a été délivré', certificatesStand: (issued, share) => `${issued} délivrés ; valides et non partiels : ${share}`,
  committed: 'engagés à la confidentialité', trained: 'formation en cours de validité', nobody: 'personne n\'est déclaré', ofPeople: (held, all) => `${held} personnes sur ${all}`,
}

export const guaranteeWords: Readonly<Record<Language, typeof en>> = { en, fr }
