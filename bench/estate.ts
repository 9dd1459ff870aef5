/** An estate in which every controller has a contract with a sub-processor abroad, a dataset and two instructions. */
export function estateOf(controllers: number): string {
  const every = (line: (number: number) => string): string => Array.from({ length: controllers }, (_, number) => line(number)).join('\n')
  const instruction = (id: string, number: number, operations: string): string => `  - { id: ${id}-${number}, contract: k-${number}, text: "Do it.", purposes: [Marketing], operations: ${operations}, data: { d-${number}: [user_id, email] }, environments: [production], from: 2026-01-01 }`
  return `bailee: 1
processor: { origin: processor.example, name: Processor Ltd, country: IL, email: privacy@processor.example, dpo: none, representative: none, measures: [{ heading: storage, text: "Encrypted disks." }] }
environments: [{ id: production, class: production, country: IE, operator: processor, protection: high }]
stores: [{ id: crm, environment: production, kind: postgres }]
controllers:
${every((number) => `  - { id: c-${number}, name: Client ${number} SA, country: FR, email: dpo@client-${number}.example, dpo: none, signatories: [{ name: S. ${number}, contact: s@client-${number}.example }] }`)}
contracts:
${every((number) => `  - { id: k-${number}, controller: c-${number}, starts: 2026-01-01, transfers: [{ country: IL, tool: adequacy }], sub_processors: { authorisation: general, notice_days: 30, list: [{ name: Mail Ltd, country: IE, contact: ops@mail.example }] } }`)}
datasets:
${every((number) => `  - { id: d-${number}, controller: c-${number}, store: crm, tables: [{ table: t${number}.person, subject: user_id, columns: { user_id: { category: UID, identifies: true }, email: { category: EmailAddress, identifies: true } } }] }`)}
instructions:
${every((number) => `${instruction('r', number, '[read]')}\n${instruction('s', number, '[derive, disclose]')}`)}
`
}
