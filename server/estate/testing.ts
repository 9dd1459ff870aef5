import { applies as contract } from '#contract'
import { applies as instruction } from '#instruction'
import { applies as inventory } from '#inventory'
import { applies as ledger, type Apply } from '#ledger'
import { applies as people } from '#people'

/** How the words that a file declares fold their entries. */
export const declaredApplies: Readonly<Record<string, Apply>> = { ...ledger, ...people, ...contract, ...inventory, ...instruction }

/** A small estate that is right; tests change one line of it. */
export const smallEstate = `bailee: 1
processor: { origin: processor.example, name: Processor Ltd, country: IL }
environments:
  - { id: production, class: production, country: IE, operator: processor, protection: high }
stores:
  - { id: crm, environment: production, kind: postgres, sweep_url: "env:CRM_URL" }
  - { id: share, environment: production, kind: files, path: /srv/share }
controllers:
  - id: acme
    name: Acme SA
    country: FR
    signatories: [{ name: C. Martin, contact: dpo@acme.example }]
  - id: other
    name: Other SA
    country: FR
    signatories: [{ name: D. Durand, contact: dpo@other.example }]
contracts:
  - { id: acme-1, controller: acme, starts: 2016-12-01, ends: 2020-12-01, at_end: { choice: delete, within_days: 30 } }
  - { id: other-1, controller: other, starts: 2016-12-01 }
datasets:
  - id: listeners
    controller: acme
    store: crm
    tables:
      - table: crm.listener
        subject: user_id
        country: country
        columns:
          user_id: { category: UID, identifies: true }
          country: { category: Country }
instructions:
  - id: INS-1
    contract: acme-1
    text: Segment our listeners.
    purposes: [Marketing]
    operations: [read]
    data: { listeners: [user_id, country] }
    environments: [production]
    from: 2016-12-01
people:
  - { id: noa, name: Noa, contact: noa@processor.example, role: analyst }
  - { id: dana, name: Dana, contact: dana@processor.example, role: dpo }
trainings:
  - { id: client-data, title: Client data, valid_months: 12, required_for: "*" }
grants:
  - { person: noa, instruction: INS-1, until: 2020-12-01 }
`

/** The small estate with one piece of text exchanged. Throws when that piece is not in it. */
export function changed(from: string, to: string, source = smallEstate): string {
  if (!source.includes(from)) throw new Error(`nothing to change: ${from}`)
  return source.replace(from, to)
}
