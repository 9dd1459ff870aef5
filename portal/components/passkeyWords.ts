import { wordsOf } from '../words/index.tsx'

/** Words of making a passkey and of signing with one. */
export const passkeyWords = wordsOf(
  {
    accept: (id: string) => `Accept ${id}`, what: 'This is what you sign', bytes: 'The very bytes that are signed', hash: 'Hash of the proposal', log: 'Log', read: 'Reading what is signed…', signing: 'Your device asks you now…',
    signed: (id: string) => `${id} is accepted. Your signature is in your log, and anybody can check it offline.`, none: 'You have no passkey yet, and a signature needs one.', make: 'Create a passkey', name: 'Name of the passkey', nameHelp: 'Such as the device it is on. It is not in the ledger.', here: 'This device',
    cancelled: 'Your device signed nothing. Try again.', changed: 'This is not what the page showed you: the proposal was changed. Read it again, then accept.', unavailable: 'This browser cannot use passkeys at this address. Use https, and a browser of today.', onlySignatory: 'Only a signatory of the controller can accept it, signed in as such.',
    readFirst: 'Read what you sign', back: 'Change it', sign: 'Sign with your passkey', notSame: 'This is not what you chose: something changed meanwhile. Look at the page again.',
  },
  {
    accept: (id: string) => `Accepter ${id}`, what: 'Voici ce que vous signez', bytes: 'Les octets mêmes qui sont signés', hash: 'Empreinte de la proposition', log: 'Journal', read: 'Lecture de ce qui est signé…', signing: 'Votre appareil vous le demande…',
    signed: (id: string) => `${id} est acceptée. Votre signature est dans votre journal, et chacun peut la vérifier hors ligne.`, none: 'Vous n’avez pas encore de clé d’accès, et une signature en demande une.', make: 'Créer une clé d’accès', name: 'Nom de la clé d’accès', nameHelp: 'Par exemple l’appareil où elle est. Il n’est pas inscrit au journal.', here: 'Cet appareil',
    cancelled: 'Votre appareil n’a rien signé. Réessayez.', changed: 'Ce n’est pas ce que la page vous montrait : la proposition a changé. Relisez-la, puis acceptez.', unavailable: 'Ce navigateur ne peut pas utiliser de clé d’accès à cette adresse. Passez par https, avec un navigateur récent.', onlySignatory: 'Seul un signataire du responsable peut l’accepter, connecté comme tel.',
    readFirst: 'Lire ce que vous signez', back: 'Modifier', sign: 'Signer avec votre clé d’accès', notSame: 'Ce n’est pas ce que vous avez choisi : quelque chose a changé entre-temps. Regardez de nouveau la page.',
  },
)
