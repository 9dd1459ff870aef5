import { wordsOf } from '../words/index.tsx'

/** Words that components say by themselves. */
export const componentWords = wordsOf(
  {
    transferTools: { adequacy: 'adequacy decision', standard_clauses: 'standard clauses', scc: 'standard clauses', binding_rules: 'binding corporate rules', derogation: 'derogation' },
    standing: { verified: 'Verified', declared: 'Declared', invalid: 'Invalid', unknown: 'Unknown', pending: 'Pending' }, noInstruction: 'No instruction', partial: 'Partial', certificateStatuses: { complete: 'Complete', complete_with_exceptions: 'Complete with exceptions', pending_backup_expiry: 'Pending backup expiry', partial: 'Partial', invalidated: 'Invalid' },
    coverage: { verified: 'searched by us', invalid: 'with people left', declared: 'declared', pending: 'pending', notSearched: 'not searched' }, ofPlaces: (count: string) => `of ${count} places`, notSeen: 'Not searched:', noneLeftOut: 'Nothing was left out.',
    howCounted: 'how counted', source: 'Source', method: 'Method', counted: 'Counted', leftOut: 'Not seen',
    terminal: 'Same in the terminal', copy: 'Copy', copied: 'Copied', read: (age: string) => `Read ${age}`, again: 'Read again', breadcrumb: 'You are here',
    of: (shown: string, total: string, more = false) => `${shown} of ${more ? 'more than ' : ''}${total}`, next: 'Next page', first: 'First page', moreNew: (count: string) => `${count} new, show`, sorted: { up: 'sorted, smallest first', down: 'sorted, largest first', none: 'sort' }, filter: 'Filter by name', empty: 'Nothing matches. Take the filter out to see all.',
    failed: 'This could not be read.', closed: 'Nothing is shown here, because half an answer would be read as a whole one.', old: (age: string) => `Old: last read ${age}. Actions are off until it can be read again.`, noAnswer: 'The server does not answer. Check that it runs and that you reach it.', unreadable: 'The server answered with something that is not an answer.', problem: 'Problem', retry: 'Try again', forbidden: 'Your account may not see this.',
    loading: 'Reading', willBeRecorded: 'This will be recorded', signedBy: (name: string) => `signed by ${name}`, cancel: 'Cancel', tableOf: 'The same numbers as a table', left: 'Time left', over: 'Time is over', until: (when: string) => `until ${when}`, steps: { done: 'done', now: 'now', later: 'not yet' }, actionsOff: 'Not while you look at the past',
  },
  {
    transferTools: { adequacy: 'décision d’adéquation', standard_clauses: 'clauses types', scc: 'clauses types', binding_rules: 'règles d’entreprise contraignantes', derogation: 'dérogation' },
    standing: { verified: 'Vérifié', declared: 'Déclaré', invalid: 'Non valide', unknown: 'Inconnu', pending: 'En attente' }, noInstruction: 'Sans instruction', partial: 'Partielle', certificateStatuses: { complete: 'Complète', complete_with_exceptions: 'Complète avec exceptions', pending_backup_expiry: 'En attente des sauvegardes', partial: 'Partielle', invalidated: 'Non valide' },
    coverage: { verified: 'recherchés par nous', invalid: 'où il reste des personnes', declared: 'déclarés', pending: 'en attente', notSearched: 'non recherchés' }, ofPlaces: (count: string) => `sur ${count} lieux`, notSeen: 'Non recherché :', noneLeftOut: 'Rien n’a été laissé de côté.',
    howCounted: 'mode de calcul', source: 'Source', method: 'Méthode', counted: 'Compté le', leftOut: 'Non vu',
    terminal: 'La même chose au terminal', copy: 'Copier', copied: 'Copié', read: (age: string) => `Lu ${age}`, again: 'Relire', breadcrumb: 'Vous êtes ici',
    of: (shown: string, total: string, more = false) => `${shown} sur ${more ? 'plus de ' : ''}${total}`, next: 'Page suivante', first: 'Première page', moreNew: (count: string) => `${count} de plus, afficher`, sorted: { up: 'trié, du plus petit au plus grand', down: 'trié, du plus grand au plus petit', none: 'trier' }, filter: 'Filtrer par nom', empty: 'Rien ne correspond. Retirez le filtre pour tout voir.',
    failed: 'La lecture a échoué.', closed: 'Rien n’est affiché ici : une demi-réponse serait lue comme une réponse.', old: (age: string) => `Ancien : lu ${age}. Les actions sont coupées jusqu’à la prochaine lecture.`, noAnswer: 'Le serveur ne répond pas. Vérifiez qu’il fonctionne et que vous pouvez l’atteindre.', unreadable: 'Le serveur a répondu autre chose qu’une réponse.', problem: 'Problème', retry: 'Réessayer', forbidden: 'Votre compte ne peut pas voir ceci.',
    loading: 'Lecture', willBeRecorded: 'Ceci sera inscrit au journal', signedBy: (name: string) => `signé par ${name}`, cancel: 'Annuler', tableOf: 'Les mêmes nombres en tableau', left: 'Temps restant', over: 'Le délai est passé', until: (when: string) => `jusqu’au ${when}`, steps: { done: 'fait', now: 'en cours', later: 'pas encore' }, actionsOff: 'Impossible en regardant le passé',
  },
)
