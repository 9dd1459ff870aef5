/** Headings of the authorities' layouts, and what stands in cells, in English and French. */
import type { Language } from './types.ts'

type Both = readonly [en: string, fr: string]

const words = {
  title: ['Record of categories of processing activities carried out on behalf of a controller (processor)', 'Registre des catégories d\'activités de traitement (sous-traitant)'],
  as_of: ['As of', 'Situation au'],
  none: ['none (declared)', 'néant (déclaré)'],
  not_needed: ['not needed (established in the European Economic Area)', 'non requis (établi dans l\'Espace économique européen)'],
  missing: ['MISSING: not told', 'MANQUANT : non renseigné'],
  processor: ['Processor: name and contact details', 'Coordonnées de l\'organisme (sous-traitant)'],
  representative: ['Representative (if applicable)', 'Représentant (le cas échéant)'],
  dpo: ['Data protection officer (if applicable)', 'Délégué à la protection des données (le cas échéant)'],
  ico_controller: ['Name and contact details of controller', 'Nom et coordonnées du responsable du traitement'],
  ico_representative: ['Name and contact details of controller\'s representative (if applicable)', 'Nom et coordonnées du représentant du responsable (le cas échéant)'],
  controller_dpo: ['Controller\'s data protection officer', 'Délégué à la protection des données du responsable'],
  categories: ['Categories of processing', 'Catégories de traitements'],
  ico_transfers: ['Names of third countries or international organisations that personal data are transferred to (if applicable)', 'Pays tiers ou organisations internationales destinataires (le cas échéant)'],
  ico_safeguards: ['Safeguards for exceptional transfers of personal data to third countries or international organisations (if applicable)', 'Garanties pour les transferts exceptionnels (le cas échéant)'],
  measures: ['General description of technical and organisational security measures (if possible)', 'Description générale des mesures de sécurité (si possible)'],
  cnil_category: ['Name of the category of activity', 'Nom de la catégorie d\'activité'],
  created: ['Created on', 'Date de création de la fiche'],
  updated: ['Last updated on', 'Date de dernière mise à jour de la fiche'],
  software: ['Software or application (if relevant)', 'Nom du logiciel ou de l\'application (si pertinent)'],
  cnil_controller: ['Controller (client): name and contact details', 'Responsable du traitement (client) : nom et coordonnées'],
  cnil_sub_processors: ['Sub-processors: name and contact details', 'Sous-traitants auxquels il est fait appel : nom et coordonnées'],
  cnil_categories: ['Categories of processing carried out for the client (operations really carried out)', 'Catégories de traitements effectués pour le compte du client (opérations réellement réalisées)'],
  cnil_transfers: ['Transfers outside the EU: country or organisation', 'Transferts hors UE : pays ou organisation'],
  cnil_safeguards: ['Safeguards (Article 49(1), second subparagraph)', 'Garanties (article 49, paragraphe 1, deuxième alinéa)'],
  cnil_access: ['Access control of users', 'Contrôle d\'accès des utilisateurs'],
  cnil_trace: ['Traceability measures', 'Mesures de traçabilité'],
  cnil_software: ['Software protection measures', 'Mesures de protection des logiciels'],
  cnil_backup: ['Back-up of data', 'Sauvegarde des données'],
  cnil_encryption: ['Encryption of data', 'Chiffrement des données'],
  cnil_sub: ['Control of processors', 'Contrôle des sous-traitants'],
  cnil_other: ['Other measures', 'Autres mesures'],
  apd_processor: ['Name and contact details of the processor', 'Nom et coordonnées du sous-traitant'],
  apd_controller: ['Name and contact details of each controller on behalf of which the processor acts', 'Nom et coordonnées de chaque responsable du traitement pour le compte duquel le sous-traitant agit'],
  apd_categories: ['Categories of processing carried out on behalf of each controller', 'Catégories de traitements effectués pour le compte de chaque responsable'],
  apd_transfers: ['Transfers outside the EEA', 'Transferts hors EEE'],
  apd_safeguards: ['Protective measures for transfers', 'Mesures de protection'],
  apd_measures: ['Organisational and technical security measures', 'Mesures de sécurité organisationnelles et techniques'],
  ended: ['End date of processing', 'Date de fin du traitement'],
  replacing: ['Replacing processing', 'Traitement de remplacement'],
  extension: ['Not required by Article 30: what would have shown a forgotten copy', 'Non exigé par l\'article 30 : ce qui aurait révélé une copie oubliée'],
  controller: ['Controller', 'Responsable du traitement'],
  environments: ['Environments, stores and countries', 'Environnements, systèmes et pays'],
  instructions: ['Instructions in force', 'Instructions en vigueur'],
  copies: ['Copies known and found', 'Copies connues et trouvées'],
  contract: ['Contract: start, end, choice for the end', 'Contrat : début, fin, choix pour la fin'],
  certificates: ['Certificates', 'Certificats'],
  assessments: ['Recorded assessments', 'Appréciations consignées'],
  sweep: ['Last sweep and its coverage', 'Dernière recherche et sa couverture'],
  findings: ['Declared and observed differ', 'Écarts entre déclaré et observé'],
  lacks: ['Missing elements', 'Éléments manquants'],
  in_force: ['in force', 'en vigueur'],
  not_in_force: ['not in force', 'non en vigueur'],
  seen: ['sessions seen', 'sessions observées'],
  never_seen: ['no session seen', 'aucune session observée'],
  nothing: ['none', 'néant'],
  until: ['until', 'jusqu\'au'],
  people: ['people', 'personnes'],
  not_read: ['not read', 'non lus'],
  partly_read: ['partly read', 'lus en partie'],
  places: ['places', 'emplacements'],
  paper: ['Record of processing (Art. 30(2))', 'Registre (art. 30, par. 2)'],
  controllers: ['Controllers', 'Responsables du traitement'],
  complete: ['Nothing that Article 30(2) requires is missing.', 'Aucun élément exigé par l\'article 30, paragraphe 2, ne manque.'],
  incomplete: ['NOT complete: elements that Article 30(2) requires are missing; they are named below.', 'INCOMPLET : des éléments exigés par l\'article 30, paragraphe 2, manquent ; ils sont énumérés plus bas.'],
  article_a: ['Article 30(2)(a): names and contact details', 'Article 30, paragraphe 2, point a) : noms et coordonnées'],
  article_b: ['Article 30(2)(b): categories of processing', 'Article 30, paragraphe 2, point b) : catégories de traitements'],
  article_c: ['Article 30(2)(c): transfers to third countries or international organisations', 'Article 30, paragraphe 2, point c) : transferts vers des pays tiers ou à des organisations internationales'],
  article_d: ['Article 30(2)(d): general description of security measures', 'Article 30, paragraphe 2, point d) : description générale des mesures de sécurité'],
  instruction: ['Instruction', 'Instruction'],
  where: ['Environments', 'Environnements'],
  standing: ['Standing', 'État'],
  observed: ['Observed', 'Observé'],
  country: ['Country', 'Pays'],
  open_ended: ['no end', 'sans terme'],
  tool: ['Tool', 'Outil'],
  element: ['Element', 'Élément'],
  required: ['Required', 'Exigé'],
  yes: ['yes', 'oui'],
  advised: ['where possible, or not by law', 'si possible, ou hors de la loi'],
  compulsions: ['Compelled by law (Article 28(3)(a))', 'Obligations légales (article 28, paragraphe 3, point a))'],
  controller_told: ['the controller was told', 'le responsable du traitement a été informé'],
  controller_not_told: ['law forbids to tell the controller', 'la loi interdit d\'informer le responsable du traitement'],
  engaged_by: ['engaged by', 'engagé par'],
  without_leave: ['NOT AUTHORISED', 'NON AUTORISÉ'],
  unknown_country: ['country not known', 'pays inconnu'],
  no_tool: ['no tool declared', 'aucun outil déclaré'],
  read: ['read', 'consultation'], write: ['write', 'modification'], derive: ['derive (segments, scores)', 'élaboration (segments, scores)'], copy: ['copy', 'copie'],
  disclose: ['disclose', 'communication'], return: ['return', 'restitution'], erase: ['erase', 'effacement'], search: ['search', 'recherche'],
} as const satisfies Record<string, Both>

export type Word = keyof typeof words

/** A heading or a cell's word in a language. */
export const word = (language: Language, key: Word): string => words[key][language === 'en' ? 0 : 1]

/** An operation of an instruction in a language; what is not known stands as it is. */
export const operation = (language: Language, name: string): string => (name in words ? word(language, name as Word) : name)

/** Why a country counts as a destination, as records have it. */
const reasons: readonly (readonly [matches: RegExp, french: string])[] = [
  [/^store (.+) in environment (.+)$/, 'système $1 dans l\'environnement $2'], [/^sub-processor (.+)$/, 'sous-traitant ultérieur $1'],
  [/^sessions of the processor's people under (.+) \(access from where it sits\)$/, 'sessions du personnel du sous-traitant sous $1 (accès depuis son lieu d\'établissement)'],
]

/** A reason for a transfer in a language. */
export function reason(language: Language, text: string): string {
  const known = language === 'fr' ? reasons.find(([matches]) => matches.test(text)) : undefined
  return known === undefined ? text : text.replace(...known)
}

/** How a recorded assessment stands, in a language. */
export const standing = (language: Language, is: string): string => (language === 'en' ? is : { 'as it was': 'inchangée', 'inputs changed since': 'faits changés depuis', 'rule changed since': 'règle changée depuis', 'replaced': 'remplacée' }[is] ?? is)

const differences: Readonly<Record<string, string>> = {
  'transfer not declared': 'transfert non déclaré', 'transfer never seen': 'transfert jamais observé', 'work before acceptance': 'travail avant acceptation', 'instruction never used': 'instruction jamais utilisée',
  'copy that no instruction covers': 'copie qu\'aucune instruction ne couvre', 'copy past its time': 'copie au-delà de son terme', 'contract over and not ended': 'contrat échu et non clos', 'ended without certificate': 'clos sans certificat', 'warning not settled': 'avertissement non résolu', 'sub-processor without leave': 'sous-traitant ultérieur sans autorisation',
}

/** The kind of a difference between declared and seen, in a language. */
export const difference = (language: Language, kind: string): string => (language === 'en' ? kind : `${differences[kind] ?? kind} `)

const terms: Readonly<Record<string, string>> = {
  'adequacy': 'décision d\'adéquation', 'standard_clauses': 'clauses contractuelles types', 'binding_rules': 'règles d\'entreprise contraignantes', 'derogation': 'dérogation', 'governed': 'instruite', 'derived': 'dérivée', 'found': 'trouvée',
  'production': 'production', 'non-production': 'hors production', 'erase': 'effacement', 'delete': 'effacement', 'return': 'restitution', 'complete': 'complet', 'complete_with_exceptions': 'complet, avec exceptions', 'pending_backup_expiry': 'en attente de l\'expiration des sauvegardes', 'partial': 'partiel', 'invalidated': 'invalidé',
}

/** A word of our own that records hold, such as the tool of a transfer, in a language; what is not known is somebody's own word and stands as it is. */
export const term = (language: Language, text: string): string => (language === 'fr' ? terms[text] ?? text : text in terms ? text.replaceAll('_', ' ') : text)
