import { wordsOf } from '../words/index.tsx'

export const signInWords = wordsOf(
  {
    title: 'Sign in', sentence: 'A passkey of this device, or a link that is good once.', passkey: 'Continue with a passkey', oidc: 'Continue with your firm’s sign-in', link: 'You came with a link. It signs you in once, on this device.', useLink: 'Sign in with the link',
    noPasskey: 'No passkey yet?', noPasskeyHow: 'Ask for a link for one use: whoever runs Bailee is shown one when it starts, and can send you another.', cancelled: 'The passkey was not used. Try again, or use a link.', refused: (who: string) => `${who} refused:`, we: 'Bailee', working: 'Signing in…', here: 'You are signed in.', onward: 'Go on',
    welcomeTitle: 'Make a passkey', welcomeSentence: 'Your link is used up. A passkey signs you in next time, and signs what you accept.', made: 'The passkey is kept by this device. Add a second one elsewhere, so that you are not shut out.', later: 'Later, go on',
  },
  {
    title: 'Connexion', sentence: 'Une clé d’accès de cet appareil, ou un lien à usage unique.', passkey: 'Continuer avec une clé d’accès', oidc: 'Continuer avec la connexion de votre entreprise', link: 'Vous êtes venu avec un lien. Il vous connecte une fois, sur cet appareil.', useLink: 'Se connecter avec le lien',
    noPasskey: 'Pas encore de clé d’accès ?', noPasskeyHow: 'Demandez un lien à usage unique : il s’affiche au démarrage de Bailee, et un autre peut vous être envoyé.', cancelled: 'La clé d’accès n’a pas été utilisée. Réessayez, ou utilisez un lien.', refused: (who: string) => `${who} refuse :`, we: 'Bailee', working: 'Connexion…', here: 'Vous êtes connecté.', onward: 'Continuer',
    welcomeTitle: 'Créer une clé d’accès', welcomeSentence: 'Votre lien est consommé. Une clé d’accès vous connectera la prochaine fois, et signera ce que vous acceptez.', made: 'La clé d’accès est gardée par cet appareil. Ajoutez-en une autre ailleurs, pour ne pas rester dehors.', later: 'Plus tard, continuer',
  },
)
