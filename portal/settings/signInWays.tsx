import type { ReactNode } from 'react'
import { useRead } from '../client/read.ts'
import { Shown } from '../components/failed.tsx'
import { Facts, Panel } from '../components/page.tsx'
import { useWords } from '../words/index.tsx'
import { settingsWords } from './words.ts'

/** How people sign in here; of each thing that is not set, what does not work without it. */
export function SignInWays(): ReactNode {
  const words = useWords(settingsWords)
  const settings = useRead('/settings', { always: 'now' })
  return (
    <Shown of={settings} error="E1" rows={4}>{({ origin, passkeys, oidc, callback, mail }) => (
      <Panel title={words.signIn}>
        <Facts facts={[
          [words.links, words.linksSay], [words.passkeysHere, passkeys ? words.passkeysAt(origin) : words.passkeysNot(origin)],
          [words.provider, oidc === null ? words.providerNot : words.providerIs(oidc.name, oidc.issuer)], ...(oidc === null ? [] : [[words.callback, <code key="c">{callback}</code>] as const]), [words.mail, mail === null ? words.mailNot : !mail.set ? words.mailUnset : words.mailIs(words.mailWays[mail.way], mail.from === null ? '' : words.mailFrom(mail.from))],
        ]} />
      </Panel>
    )}</Shown>
  )
}
