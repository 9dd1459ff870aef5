/** Headings of the annexes to Commission Implementing Decision (EU) 2021/915, as they are printed there; French ones that were not compared with the Official Journal are in our words after its text. */
import type { Language } from '../types.ts'

type Both = readonly [en: string, fr: string]

const headings = {
  title: ['Standard contractual clauses, Implementing Decision (EU) 2021/915: annexes', 'Clauses contractuelles types, décision d\'exécution (UE) 2021/915 : annexes'],
  about: ['The clauses themselves are the Decision\'s and are not repeated; the annexes are filled in from what was declared, agreed and recorded. What nobody told stands as a gap, in brackets.', 'Les clauses elles-mêmes sont celles de la décision et ne sont pas reproduites ; les annexes sont remplies à partir de ce qui a été déclaré, convenu et enregistré. Ce qui n\'a pas été renseigné figure comme lacune, entre crochets.'],
  contract: ['Contract', 'Contrat'], gaps: ['Gaps', 'Lacunes'], none: ['none', 'néant'], declared_none: ['none (declared)', 'néant (déclaré)'],
  annex_1: ['Annex I. List of parties', 'Annexe I. Liste des parties'],
  controllers: ['Controller(s): [Identity and contact details of the controller(s), and, where applicable, of the controller\'s data protection officer]', 'Responsable(s) du traitement : [Identité et coordonnées du ou des responsables du traitement et, le cas échéant, du délégué à la protection des données du responsable du traitement]'],
  processors: ['Processor(s): [Identity and contact details of the processor(s) and, where applicable, of the processor\'s data protection officer]', 'Sous-traitant(s) : [Identité et coordonnées du ou des sous-traitants et, le cas échéant, du délégué à la protection des données du sous-traitant]'],
  name: ['Name', 'Nom'], address: ['Address', 'Adresse'], person: ['Contact person\'s name, position and contact details', 'Nom, fonction et coordonnées de la personne de contact'], dpo: ['Data protection officer', 'Délégué à la protection des données'], signature: ['Signature and accession date', 'Signature et date d\'adhésion'],
  annex_2: ['Annex II. Description of the processing', 'Annexe II. Description du traitement'],
  subjects: ['Categories of data subjects whose personal data is processed', 'Catégories de personnes concernées dont les données à caractère personnel sont traitées'],
  data: ['Categories of personal data processed', 'Catégories de données à caractère personnel traitées'],
  sensitive: ['Sensitive data processed (if applicable) and applied restrictions or safeguards', 'Données sensibles traitées (le cas échéant) et limitations ou garanties appliquées'],
  nature: ['Nature of the processing', 'Nature du traitement'],
  purposes: ['Purpose(s) for which the personal data is processed on behalf of the controller', 'Finalité(s) pour laquelle ou lesquelles les données sont traitées pour le compte du responsable du traitement'],
  duration: ['Duration of the processing', 'Durée du traitement'],
  below: ['For processing by (sub-)processors, also specify subject matter, nature and duration of the processing', 'Pour le traitement par des sous-traitants (ultérieurs), préciser aussi l\'objet, la nature et la durée du traitement'],
  annex_3: ['Annex III. Technical and organisational measures including technical and organisational measures to ensure the security of the data', 'Annexe III. Mesures techniques et organisationnelles, y compris mesures techniques et organisationnelles visant à garantir la sécurité des données'],
  undescribed: ['Examples of the Decision that no measure is described for', 'Exemples de la décision pour lesquels aucune mesure n\'est décrite'],
  below_measures: ['For transfers to (sub-)processors: their specific measures to be able to assist the controller', 'Pour les transferts vers des sous-traitants (ultérieurs) : leurs mesures spécifiques pour aider le responsable du traitement'],
  assistance: ['Specific measures of the processor to assist the controller (clause 8(d)), and what it gives when it assists after a breach (clause 9.2)', 'Mesures spécifiques du sous-traitant pour aider le responsable du traitement (clause 8, point d)), et éléments communiqués en cas de violation (clause 9.2)'],
  annex_4: ['Annex IV. List of sub-processors', 'Annexe IV. Liste de sous-traitants ultérieurs'],
  general: ['The authorisation is general (clause 7.7(a), option 2): the Annex stays empty. The agreed list is kept outside the clauses, as follows; a change of it does not reopen them.', 'L\'autorisation est générale (clause 7.7, point a), option 2) : l\'annexe reste vide. La liste convenue est tenue hors des clauses, comme suit ; sa modification ne les rouvre pas.'],
  unauthorised: ['The contract authorises no sub-processor.', 'Le contrat n\'autorise aucun sous-traitant ultérieur.'],
  description: ['Description of the processing (including a clear delimitation of responsibilities in case several sub-processors are authorised)', 'Description du traitement (avec une délimitation claire des responsabilités si plusieurs sous-traitants ultérieurs sont autorisés)'],
  until: ['until', 'jusqu\'au'], further_notice: ['further notice', 'nouvel ordre'], not_told: ['not told', 'non renseigné'], not_signed: ['to be signed by the parties', 'à signer par les parties'],
} as const satisfies Record<string, Both>

export type Heading = keyof typeof headings
export const heading = (language: Language, key: Heading): string => headings[key][language === 'en' ? 0 : 1]

/** The seventeen examples of Annex III, by the heading under which a measure is declared. */
export const exampleMeasures = [
  'pseudonymisation_and_encryption', 'resilience', 'backup_and_restore', 'testing', 'access_control', 'transmission', 'storage', 'physical_security', 'logging', 'configuration', 'governance', 'certification', 'minimisation', 'quality', 'retention', 'accountability', 'portability_and_erasure',
] as const
