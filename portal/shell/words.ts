import { wordsOf } from '../words/index.tsx'

export const shellWords = wordsOf(
  {
    skip: 'Go to the content', menu: 'Menu', close: 'Close', navigation: 'Pages', search: 'Go to…', palette: 'Go to a page or a controller', paletteNone: 'Nothing is named like that here', paletteHint: 'Type a name', account: 'Account', language: 'Language', scheme: 'Colours', light: 'Light', dark: 'Dark', system: 'As the system',
    settings: 'Settings', signOut: 'Sign out', start: 'First steps', live: 'Something on this page changed; the numbers are the new ones.', compact: 'Compact rows', comfortable: 'Comfortable rows', needsYou: (count: string) => `${count} need you`,
    past: (day: string) => `You look at ${day}. Nothing can be changed from here.`, backToNow: 'Back to now', printed: (when: string) => `Printed ${when}`, asOf: (when: string) => `As of ${when}`,
    missingTitle: 'There is no such page', missing: 'The address leads to nothing that is here, or to something that is not yours to see.', toStart: 'Go to your first page',
    clientOf: (processor: string) => `at ${processor}`, until: (when: string) => `Read only until ${when}`,
    groups: { data: 'Data', watch: 'Watch', account: 'Account' },
    items: { today: 'Today', controllers: 'Controllers', instructions: 'Instructions', copies: 'Copies', activities: 'Activities', transfers: 'Transfers', people: 'People', approvals: 'Approvals', decisions: 'Decisions', findings: 'Findings', erasures: 'Erasures', breaches: 'Breaches', register: 'Register', assessments: 'Assessments', ledger: 'Ledger', home: 'Home', use: 'Use', subProcessors: 'Sub-processors', erasure: 'Erasure', notices: 'Notices', evidence: 'Evidence' },
  },
  {
    skip: 'Aller au contenu', menu: 'Menu', close: 'Fermer', navigation: 'Pages', search: 'Aller à…', palette: 'Aller à une page ou à un responsable', paletteNone: 'Rien ici ne porte ce nom', paletteHint: 'Saisissez un nom', account: 'Compte', language: 'Langue', scheme: 'Couleurs', light: 'Clair', dark: 'Sombre', system: 'Comme le système',
    settings: 'Réglages', signOut: 'Se déconnecter', start: 'Premiers pas', live: 'Un élément de cette page a changé ; les nombres sont à jour.', compact: 'Lignes serrées', comfortable: 'Lignes aérées', needsYou: (count: string) => `${count} vous attendent`,
    past: (day: string) => `Vous regardez le ${day}. Rien ne peut être modifié d’ici.`, backToNow: 'Revenir à maintenant', printed: (when: string) => `Imprimé le ${when}`, asOf: (when: string) => `Au ${when}`,
    missingTitle: 'Cette page n’existe pas', missing: 'L’adresse ne mène à rien ici, ou à quelque chose que vous ne pouvez pas voir.', toStart: 'Aller à votre première page',
    clientOf: (processor: string) => `chez ${processor}`, until: (when: string) => `Lecture seule jusqu’au ${when}`,
    groups: { data: 'Données', watch: 'Surveillance', account: 'Compte' },
    items: { today: 'Aujourd’hui', controllers: 'Responsables', instructions: 'Instructions', copies: 'Copies', activities: 'Activités', transfers: 'Transferts', people: 'Intervenants', approvals: 'Approbations', decisions: 'Décisions', findings: 'Constats', erasures: 'Effacements', breaches: 'Violations', register: 'Registre', assessments: 'Analyses', ledger: 'Journal', home: 'Accueil', use: 'Utilisation', subProcessors: 'Sous-traitants', erasure: 'Effacement', notices: 'Notifications', evidence: 'Preuves' },
  },
)
