// What the verifier says of each claim of a certificate, in French. The English sentence is looked up by its form; one that is not known here stays in English, and is marked as such.
import { formsOf } from './french.ts'

/** In each form, `{}` is whatever stands there; in the French one it is named by its place, with an `s` where it is a status. */
const forms: readonly (readonly [english: string, french: string])[] = [
  ['issued as {} at {}, by entry {}', 'délivrée comme « {1s} » le {2}, par l’écriture {3}'],
  ['it names another log', 'elle nomme un autre journal'],
  ['it was issued at another time', 'elle a été délivrée à un autre moment'],
  ['its status is another', 'son statut est un autre'],
  ['it says that more entries came before it than did', 'elle dit que plus d’écritures l’ont précédée qu’en réalité'],
  ['the entry that opened the erasure is not opened here', 'l’écriture qui a ouvert l’effacement n’est pas ouverte ici'],
  ['the entry that ended the contract is not opened here', 'l’écriture qui a mis fin au contrat n’est pas ouverte ici'],
  ['it is of another contract', 'elle porte sur un autre contrat'],
  ['it is of another controller', 'elle porte sur un autre responsable'],
  ['the contract ended otherwise', 'le contrat a pris fin autrement'],
  ['its deadline is another', 'son échéance est une autre'],
  ['whether it came in time is said wrongly', 'elle dit à tort si elle est venue à temps'],
  ['contract {} of {} ended at {}; deadline {}, kept', 'contrat {1} de {2}, fini le {3} ; échéance {4}, tenue'],
  ['contract {} of {} ended at {}; deadline {}, missed', 'contrat {1} de {2}, fini le {3} ; échéance {4}, dépassée'],
  ['{} places, each with method, counts and times as recorded when it was erased', '{1} lieux, chacun avec la méthode, les nombres et les heures inscrits lors de l’effacement'],
  ['{} places are listed and {} recorded; {} of those recorded are listed otherwise or not at all', '{1} lieux sont énumérés et {2} inscrits ; {3} de ceux-ci le sont autrement ou pas du tout'],
  ['the entry of the search after erasing is not opened here', 'l’écriture de la recherche d’après l’effacement n’est pas ouverte ici'],
  ['the search after erasing was recorded with another {}', 'la recherche d’après l’effacement a été inscrite avec un autre contenu : {1}'],
  ['sweep {} found {} people in {} stores; {} places not searched, {} only partly', 'le balayage {1} a trouvé {2} personnes dans {3} entrepôts ; {4} lieux non recherchés, {5} en partie seulement'],
  ['the entry of the sweep that it rests on is not opened here', 'l’écriture du balayage sur lequel elle repose n’est pas ouverte ici'],
  ['sweep {} was recorded before what was made of it', 'le balayage {1} a été inscrit avant ce qui en a été conclu'],
  ['the sweep was recorded after what was made of it', 'le balayage a été inscrit après ce qui en a été conclu'],
  ['{} checks of files are said otherwise than recorded, and {} were never recorded', '{1} contrôles de fichiers sont dits autrement qu’inscrits, et {2} n’ont jamais été inscrits'],
  ['no files below the stores were examined', 'aucun fichier sous les entrepôts n’a été examiné'],
  ['files of {} stores were searched, as recorded; of {} they were not', 'les fichiers de {1} entrepôts ont été fouillés, comme inscrit ; ceux de {2} ne l’ont pas été'],
  ['{} listed, and the log knows of no other', '{1} énumérés, et le journal n’en connaît pas d’autre'],
  ['{} that the log records are not listed', '{1} que le journal a inscrits ne sont pas énumérés'],
  ['the plan or the search after erasing is not opened here', 'le plan ou la recherche d’après l’effacement n’est pas ouvert ici'],
  ['partial: it claims no more than what is listed', 'partielle : elle n’affirme rien de plus que ce qui est énuméré'],
  ['{} is what the log allows: nothing was left and nothing stood in the way', '« {1s} » est ce que permet le journal : rien n’est resté et rien n’a fait obstacle'],
  ['{} is more than the log allows', '« {1s} » est plus que ce que permet le journal'],
  ['{} are said otherwise than recorded, and {} that were kept are not listed', '{1} sont dites autrement qu’inscrites, et {2} données gardées ne sont pas énumérées'],
  ['nothing was kept by law', 'rien n’a été gardé par obligation légale'],
  ['{} kept, with statute and expiry as recorded; whether that law obliges to is the processor\'s word', '{1} gardées, avec le texte et le terme inscrits ; que la loi y oblige n’est que la parole du sous-traitant'],
  ['none is named, and the log records none that was asked', 'aucun n’est nommé, et le journal n’en a inscrit aucun qui ait été interrogé'],
  ['{} are named, and none of them was asked', '{1} sont nommés, et aucun n’a été interrogé'],
  ['{} are said otherwise than recorded, {} that were asked are not listed, and {} gave no evidence, which leaves it partial', '{1} sont dits autrement qu’inscrits, {2} interrogés ne sont pas énumérés, et {3} n’ont donné aucune preuve, ce qui la laisse partielle'],
  ['{} named, each asked and answered as recorded; what their papers say is their own word', '{1} nommés, chacun interrogé et ayant répondu comme inscrit ; ce que disent leurs pièces n’est que leur parole'],
  ['what is stated of addresses is said otherwise than two people recorded it', 'ce qui est déclaré des adresses est dit autrement que deux personnes ne l’ont inscrit'],
  ['stated, not verified: where {} led is gone, by {}, confirmed by {} ({})', 'déclaré, non vérifié : le lieu où menait {1} n’existe plus, par {2}, confirmé par {3} ({4})'],
  ['stated, not verified: {} was moved as it is, by {}, confirmed by {} ({})', 'déclaré, non vérifié : {1} a été déplacé tel quel, par {2}, confirmé par {3} ({4})'],
  ['the plan or its confirmation is not opened here', 'le plan ou sa confirmation n’est pas ouvert ici'],
  ['another person carried it out', 'une autre personne l’a exécuté'],
  ['another person checked it', 'une autre personne l’a contrôlé'],
  ['whoever checked it had carried it out', 'qui l’a contrôlé l’avait exécuté'],
  ['carried out and checked by the two people named', 'exécuté et contrôlé par les deux personnes nommées'],
  ['they are said to be destroyed, and some were kept', 'elles sont dites détruites, et certaines ont été gardées'],
  ['destroyed, as recorded', 'détruites, comme inscrit'],
  ['{} entries about them between the search and the certificate are not opened here', '{1} écritures à leur sujet entre la recherche et l’attestation ne sont pas ouvertes ici'],
  ['destroyed; no entry between the search and the certificate says so', 'détruites ; aucune écriture entre la recherche et l’attestation ne le dit'],
  ['kept until {}, for search only', 'gardées jusqu’au {1}, pour la recherche seule'],
  ['kept until {}; no entry between the search and the certificate says so', 'gardées jusqu’au {1} ; aucune écriture entre la recherche et l’attestation ne le dit'],
  ['held until what is left is erased', 'gardées jusqu’à l’effacement de ce qui reste'],
  ['they are said to be held, and were not', 'elles sont dites gardées, et ne l’ont pas été'],
  ['{} copies were found after the search that it rests on', '{1} copies ont été trouvées après la recherche sur laquelle elle repose'],
  ['its erasure was opened again', 'son effacement a été rouvert'],
  ['whether what was found since is of a later contract: {} entries about fingerprints before it are not opened here', 'si ce qui a été trouvé depuis relève d’un contrat ultérieur : {1} écritures antérieures sur des empreintes ne sont pas ouvertes ici'],
  ['{} later entries about findings, erasures or certificates are not opened here', '{1} écritures postérieures sur des constats, des effacements ou des attestations ne sont pas ouvertes ici'],
  ['no entry after it takes it back', 'aucune écriture postérieure ne la retire'],
  ['{} entries about erasures before it are not opened here', '{1} écritures antérieures sur des effacements ne sont pas ouvertes ici'],
  ['who the processor is: by the processor\'s word', 'qui est le sous-traitant : de sa seule parole'],
  ['the choice of the controller and its clause: by the processor\'s word', 'le choix du responsable et sa clause : parole du sous-traitant'],
  ['which backups there are and when they expire: by the processor\'s word', 'quelles sauvegardes existent et quand elles expirent : parole du sous-traitant'],
  ['which environments there are: by the processor\'s word', 'quels environnements existent : parole du sous-traitant'],
  ['limits that stand on every certificate: by the processor\'s word', 'les limites qui figurent sur chaque attestation : parole du sous-traitant'],
  ['how many certificates came before: by the processor\'s word', 'combien d’attestations ont précédé : parole du sous-traitant'],
  ['not known to this verifier: by the processor\'s word', 'inconnu de ce vérificateur : parole du sous-traitant'],
  ['it was invalidated: the signature verifies, and the statement no longer holds', 'elle a été annulée : la signature se vérifie, et ce qui y est dit ne vaut plus'],
  ['a later entry invalidates a certificate and is not opened here, so it may be this one', 'une écriture postérieure annule une attestation et n’est pas ouverte ici : c’est peut-être celle-ci'],
  ['the entry that issues it is not opened here, so the log does not say that it was issued', 'l’écriture qui la délivre n’est pas ouverte ici : le journal ne dit donc pas qu’elle l’a été'],
]

const statuses: Readonly<Record<string, string>> = { complete: 'complète', complete_with_exceptions: 'complète, avec exceptions', pending_backup_expiry: 'en attente de l’expiration de sauvegardes', partial: 'partielle' }
const lookUp = formsOf(forms, (status) => statuses[status] ?? status)

/** What is said of a claim; undefined where a part of it is not known here. Several things that are said at once are looked up one by one. */
export function claimInFrench(says: string): string | undefined {
  const whole = lookUp(says)
  if (whole !== undefined) return whole
  const parts = says.split('; ').map(lookUp)
  return parts.includes(undefined) ? undefined : parts.join(' ; ')
}

const names: Readonly<Record<string, string>> = {
  issued: 'délivrance', case: 'dossier', places: 'lieux', verification: 'recherche après effacement', sweep: 'balayage', physical_check: 'fichiers sous les entrepôts', status: 'statut', obstacles: 'obstacles', addresses: 'adresses', people: 'personnes', fingerprints: 'empreintes', exceptions: 'données gardées', sub_processors: 'sous-traitants ultérieurs', since: 'depuis lors', processor: 'sous-traitant', instruction: 'choix', backups: 'sauvegardes', environments: 'environnements', limits: 'limites', version: 'version',
}

/** The name of a claim: a member of the document, which stays as it is where it is not known. */
export const claimNameInFrench = (claim: string): string | undefined => (Object.hasOwn(names, claim) ? names[claim] : undefined)

/** Why a certificate does not hold, or why that is not known: its claims by their names, one after another. */
export function reasonInFrench(because: string): string | undefined {
  const whole = lookUp(because)
  if (whole !== undefined) return whole
  // A claim's name begins each of them; what it says may hold semicolons itself.
  const parts = because.split(/(?:^|; )(?=[a-z_]+: )/).filter((part) => part !== '').map((part) => {
    const colon = part.indexOf(': ')
    const [name, says] = [claimNameInFrench(part.slice(0, colon)), claimInFrench(part.slice(colon + 2))]
    return name === undefined || says === undefined ? undefined : `${name} : ${says}`
  })
  return parts.includes(undefined) ? undefined : parts.join(' ; ')
}
