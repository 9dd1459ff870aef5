/** The dictionary's words, as every page says them. */
import { wordsOf } from './index.tsx'

export const dictionary = wordsOf(
  {
    processor: 'processor', controller: 'controller', controllers: 'controllers', clientPortal: 'client portal', subject: 'subject', people: 'people', signatory: 'signatory', contract: 'contract', choiceAtTheEnd: 'choice at the end',
    instruction: 'instruction', proposed: 'proposed', accepted: 'accepted', superseded: 'superseded', withdrawn: 'withdrawn', act: 'act', decision: 'decision', allowed: 'allowed', refused: 'refused', purpose: 'purpose', environment: 'environment',
    store: 'store', dataset: 'dataset', copy: 'copy', gateway: 'gateway', trace: 'trace', witness: 'witness', sweep: 'sweep', finding: 'finding', coverage: 'coverage', notSearched: 'not searched', activity: 'activity', transfer: 'transfer',
    subProcessor: 'sub-processor', recipient: 'recipient', rowBudget: 'row budget', erasure: 'erasure', exitCase: 'exit case', certificate: 'certificate', partial: 'partial', invalid: 'invalid', verified: 'verified', declared: 'declared',
    unknown: 'unknown', pending: 'pending', pseudonymised: 'pseudonymised', register: 'register', assessment: 'assessment', breach: 'breach', notice: 'notice', ledger: 'ledger', evidenceBundle: 'evidence bundle',
  },
  {
    processor: 'sous-traitant', controller: 'responsable du traitement', controllers: 'responsables du traitement', clientPortal: 'espace client', subject: 'personne concernée', people: 'intervenants', signatory: 'signataire', contract: 'contrat', choiceAtTheEnd: 'choix de fin de contrat',
    instruction: 'instruction', proposed: 'proposée', accepted: 'acceptée', superseded: 'remplacée', withdrawn: 'retirée', act: 'acte', decision: 'décision', allowed: 'autorisé', refused: 'refusé', purpose: 'finalité', environment: 'environnement',
    store: 'entrepôt', dataset: 'jeu de données', copy: 'copie', gateway: 'passerelle', trace: 'trace', witness: 'témoin', sweep: 'balayage', finding: 'constat', coverage: 'couverture', notSearched: 'non recherché', activity: 'activité', transfer: 'transfert',
    subProcessor: 'sous-traitant ultérieur', recipient: 'destinataire', rowBudget: 'plafond de lignes', erasure: 'effacement', exitCase: 'dossier de sortie', certificate: 'attestation d’effacement', partial: 'partielle', invalid: 'non valide', verified: 'vérifié', declared: 'déclaré',
    unknown: 'inconnu', pending: 'en attente', pseudonymised: 'pseudonymisé', register: 'registre', assessment: 'analyse', breach: 'violation', notice: 'notification', ledger: 'journal', evidenceBundle: 'dossier de preuves',
  },
)
