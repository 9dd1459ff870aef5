import { wordsOf } from '../words/index.tsx'

/** What instructions and acts are told with. */
export const scopeWords = wordsOf(
  {
    instructions: 'Instructions', yours: 'What you allowed', operations: { read: 'read', write: 'write', derive: 'derive', copy: 'copy', disclose: 'disclose', return: 'return', erase: 'erase', search: 'search' },
    notOperations: { read: 'reading', write: 'writing', derive: 'deriving', copy: 'copying', disclose: 'disclosing', return: 'returning', erase: 'erasing', search: 'searching' },
    dimensions: { contract: 'contract', purpose: 'purpose', operation: 'operation', data: 'data', environment: 'environment', recipient: 'recipient', identifiable: 'in clear', time: 'time', commitment: 'commitment', training: 'training', grant: 'grant', approval: 'approval' },
    lacks: {
      contract: 'its contract is not in force', purpose: 'the purpose is not in it', operation: 'the operation is not in it', data: 'some of the data are not listed', environment: 'the environment is not in it', recipient: 'the recipient is not in it', identifiable: 'it may not arrive in clear',
      time: 'it is not in force at that time', commitment: 'nobody bound this person to confidentiality', training: 'a training is missing or lapsed', grant: 'this person has no grant under it', approval: 'no second person approved this use',
    },
    may: (operations: string) => `It allows to **${operations}**`, columnsOf: (count: string, one: boolean, dataset: string) => `${count} ${one ? 'column' : 'columns'} of ${dataset}`, allOf: (dataset: string) => `all columns of ${dataset}`, from: (what: string) => ` from ${what}`, in: (where: string) => `, in ${where}`, for: (what: string) => `, for ${what}`, to: (whom: string) => `, to ${whom}`,
    until: (day: string) => `, until ${day}`, withoutEnd: ', until further notice', budget: (rows: string) => `, ${rows} rows a session`, perDay: (rows: string) => `, ${rows} a day`, doesNot: (what: string) => `It does not allow: ${what}.`, inClear: 'in clear elsewhere', allowsNothing: 'This allows nothing.',
    purposes: 'Purposes', operationsHead: 'Operations', data: 'Data', where: 'Where', recipients: 'Recipients', noRecipients: 'none', identifiable: 'In clear', mayBeClear: 'it may arrive in clear outside production', noClear: 'never outside production', period: 'From, until', fromDay: (day: string) => `from ${day}`, rowBudget: 'Row budget', none: 'not told: the gateway’s own limit holds', dataset: 'Dataset', columns: 'Columns', all: 'all of them',
  },
  {
    instructions: 'Instructions', yours: 'Ce que vous avez permis', operations: { read: 'lire', write: 'écrire', derive: 'dériver', copy: 'copier', disclose: 'communiquer', return: 'restituer', erase: 'effacer', search: 'rechercher' },
    notOperations: { read: 'la lecture', write: 'l’écriture', derive: 'la dérivation', copy: 'la copie', disclose: 'la communication', return: 'la restitution', erase: 'l’effacement', search: 'la recherche' },
    dimensions: { contract: 'contrat', purpose: 'finalité', operation: 'opération', data: 'données', environment: 'environnement', recipient: 'destinataire', identifiable: 'en clair', time: 'durée', commitment: 'engagement', training: 'formation', grant: 'habilitation', approval: 'approbation' },
    lacks: {
      contract: 'son contrat n’est pas en vigueur', purpose: 'la finalité n’y figure pas', operation: 'l’opération n’y figure pas', data: 'certaines données n’y figurent pas', environment: 'l’environnement n’y figure pas', recipient: 'le destinataire n’y figure pas', identifiable: 'rien ne peut arriver en clair',
      time: 'elle n’est pas en vigueur à ce moment', commitment: 'personne n’a engagé cet intervenant à la confidentialité', training: 'une formation manque ou a expiré', grant: 'cet intervenant n’y est pas habilité', approval: 'aucune seconde personne n’a approuvé cet usage',
    },
    may: (operations: string) => `Elle permet de **${operations}**`, columnsOf: (count: string, one: boolean, dataset: string) => `${count} ${one ? 'colonne' : 'colonnes'} de ${dataset}`, allOf: (dataset: string) => `toutes les colonnes de ${dataset}`, from: (what: string) => ` ${what}`, in: (where: string) => `, en ${where}`, for: (what: string) => `, pour ${what}`, to: (whom: string) => `, à ${whom}`,
    until: (day: string) => `, jusqu’au ${day}`, withoutEnd: ', jusqu’à nouvel ordre', budget: (rows: string) => `, ${rows} lignes par session`, perDay: (rows: string) => `, ${rows} par jour`, doesNot: (what: string) => `Elle ne permet pas : ${what}.`, inClear: 'en clair ailleurs', allowsNothing: 'Ceci ne permet rien.',
    purposes: 'Finalités', operationsHead: 'Opérations', data: 'Données', where: 'Où', recipients: 'Destinataires', noRecipients: 'aucun', identifiable: 'En clair', mayBeClear: 'peut arriver en clair hors production', noClear: 'jamais hors production', period: 'Du, au', fromDay: (day: string) => `à partir du ${day}`, rowBudget: 'Plafond de lignes', none: 'non communiqué : celui de la passerelle vaut', dataset: 'Jeu de données', columns: 'Colonnes', all: 'toutes',
  },
)
