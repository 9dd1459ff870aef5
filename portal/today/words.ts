import { wordsOf } from '../words/index.tsx'

export const todayWords = wordsOf(
  {
    title: (day: string) => day, nothing: '**Nothing needs you.**', needs: (count: string, one: boolean) => `**${count} ${one ? 'thing needs' : 'things need'} you**`, first: (when: string) => `, the first by ${when}`, firstNow: ', the first is late', noTime: ', none with a time set',
    searchedAll: (stores: string) => `All ${stores} stores were searched.`, searched: (searched: string, stores: string) => `${searched} of ${stores} stores were searched.`, never: 'No store was ever searched: where data is, is unknown.', openFirst: 'Open the first',
    table: 'What needs you', byWhen: 'By when', what: 'What', whose: 'Whose', next: 'Next', now: 'now', noSet: 'no time set', late: (day: string) => `late, was due ${day}`, ours: 'ours', standing: 'Standing',
    kinds: {
      finding: (count: string, one: boolean) => `${count} ${one ? 'copy' : 'copies'} no instruction covers`, proposal: (count: string, one: boolean) => `${count} ${one ? 'instruction waits' : 'instructions wait'} for a signatory`, grant: (count: string, one: boolean) => `${count} ${one ? 'grant waits' : 'grants wait'} for a second person`,
      training: (count: string, one: boolean) => `${count} ${one ? 'training lapses' : 'trainings lapse'}; access stops by itself`, copy: (count: string, one: boolean) => `${count} ${one ? 'copy expires and is' : 'copies expire and are'} erased`, exit: (count: string, one: boolean) => `${count} ${one ? 'exit case is' : 'exit cases are'} open`,
      choice: (count: string, one: boolean) => `${count} ${one ? 'contract ends' : 'contracts end'} and nobody chose what happens`, breach: (count: string, one: boolean) => `${count} ${one ? 'breach is' : 'breaches are'} not told or described`, road: (count: string, one: boolean) => `${count} ${one ? 'way' : 'ways'} around the gateway`,
    },
    do: { finding: 'Decide', proposal: 'Open', grant: 'Approve', training: 'Open', copy: 'Extend', exit: 'Open', choice: 'Ask', breach: 'Notify', road: 'Close' }, people: (range: string) => `${range} people`,
    lastSearch: 'Last search', at: (when: string) => `Searched ${when}.`, acts: 'Through the gateway', actsOf: (sessions: string, rows: string) => `${sessions} sessions, ${rows} rows in the last day.`, clocks: 'Clocks', noBreach: 'No breach is recorded.', breaches: (count: string) => `${count} recorded`, breachClock: 'Breaches', nextEnd: 'Next contract end', noEnd: 'No contract has an end agreed.',
    witnesses: 'Witnesses', noWitness: 'Not independently witnessed: no witness is configured.', someWitness: (count: string) => `${count} configured`, witness: 'Configured', means: 'Nothing can be said of these stores until they are searched.', emptyTitle: 'Nothing needs you',
  },
  {
    title: (day: string) => day, nothing: '**Rien ne vous attend.**', needs: (count: string, one: boolean) => `**${count} ${one ? 'point vous attend' : 'points vous attendent'}**`, first: (when: string) => `, le premier pour le ${when}`, firstNow: ', le premier est en retard', noTime: ', aucun n’a d’échéance',
    searchedAll: (stores: string) => `Les ${stores} entrepôts ont été recherchés.`, searched: (searched: string, stores: string) => `${searched} entrepôts sur ${stores} ont été recherchés.`, never: 'Aucun entrepôt n’a jamais été recherché : on ne sait pas où sont les données.', openFirst: 'Ouvrir le premier',
    table: 'Ce qui vous attend', byWhen: 'Échéance', what: 'Quoi', whose: 'De qui', next: 'Suite', now: 'maintenant', noSet: 'sans échéance', late: (day: string) => `en retard, prévu le ${day}`, ours: 'à nous', standing: 'État',
    kinds: {
      finding: (count: string, one: boolean) => `${count} ${one ? 'copie' : 'copies'} sans instruction`, proposal: (count: string, one: boolean) => `${count} ${one ? 'instruction attend' : 'instructions attendent'} un signataire`, grant: (count: string, one: boolean) => `${count} ${one ? 'habilitation attend' : 'habilitations attendent'} une seconde personne`,
      training: (count: string, one: boolean) => `${count} ${one ? 'formation expire' : 'formations expirent'} ; l’accès s’arrête de lui-même`, copy: (count: string, one: boolean) => `${count} ${one ? 'copie expire et est effacée' : 'copies expirent et sont effacées'}`, exit: (count: string, one: boolean) => `${count} ${one ? 'dossier de sortie ouvert' : 'dossiers de sortie ouverts'}`,
      choice: (count: string, one: boolean) => `${count} ${one ? 'contrat finit' : 'contrats finissent'} sans choix de fin`, breach: (count: string, one: boolean) => `${count} ${one ? 'violation non notifiée ou non décrite' : 'violations non notifiées ou non décrites'}`, road: (count: string, one: boolean) => `${count} ${one ? 'accès contourne' : 'accès contournent'} la passerelle`,
    },
    do: { finding: 'Décider', proposal: 'Ouvrir', grant: 'Approuver', training: 'Ouvrir', copy: 'Prolonger', exit: 'Ouvrir', choice: 'Demander', breach: 'Notifier', road: 'Fermer' }, people: (range: string) => `${range} personnes`,
    lastSearch: 'Dernier balayage', at: (when: string) => `Recherché le ${when}.`, acts: 'Par la passerelle', actsOf: (sessions: string, rows: string) => `${sessions} sessions, ${rows} lignes depuis un jour.`, clocks: 'Échéances', noBreach: 'Aucune violation n’est inscrite.', breaches: (count: string) => `${count} inscrites`, breachClock: 'Violations', nextEnd: 'Prochaine fin de contrat', noEnd: 'Aucun contrat n’a de fin convenue.',
    witnesses: 'Témoins', noWitness: 'Sans témoin indépendant : aucun n’est configuré.', someWitness: (count: string) => `${count} configurés`, witness: 'Configurés', means: 'Rien ne peut être dit de ces entrepôts avant leur recherche.', emptyTitle: 'Rien ne vous attend',
  },
)
