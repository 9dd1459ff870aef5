/** The estate of the case as its processor would have declared it: one file, references instead of secrets. */
export const estateFile = `# The estate of the case, declared. Dates and facts: the published decision SAN-2025-014 and what was reported of it.
bailee: 1

processor:
  origin: optimove.example
  name: Mobius Solutions Ltd
  trade_name: Optimove
  country: IL
  address: Tel Aviv, Israel
  contact: privacy@optimove.example
  employees: 238
  dpo: { name: D. Cohen, contact: dpo@optimove.example }
  representative: { name: EU Representative SAS, country: FR, contact: rep@eurep.example }
  measures:
    - { heading: pseudonymisation_and_encryption, text: "Copies for test only when an instruction asks for them, pseudonymised" }
    - { heading: limited_retention, text: "Exit cases searched in every store, certificate within 30 days" }

environments:
  - { id: production, class: production, country: IE, operator: processor, protection: high }
  - { id: test, class: non-production, country: IL, operator: processor, protection: low }

stores:
  - { id: crm, environment: production, kind: postgres, gateway_url: "file:secrets/crm-gateway.url", sweep_url: "file:secrets/crm-sweep.url", erase_url: "file:secrets/crm-erase.url", results: { megabytes_max: 10000 }, backups: none }
  - { id: shop, environment: production, kind: postgres, sweep_url: "file:secrets/shop-sweep.url", backups: none }
  - { id: test-db, environment: test, kind: postgres, sweep_url: "file:secrets/test-sweep.url", erase_url: "file:secrets/test-erase.url", backups: none }
  - { id: share, environment: test, kind: files, path: share, backups: none }

controllers:
  - id: deezer
    name: Deezer SA
    country: FR
    address: Paris, France
    contact: legal@deezer.example
    dpo: { name: C. Martin, contact: dpo@deezer.example }
    signatories: [{ name: C. Martin, contact: dpo@deezer.example, public_key: "DEEZER_KEY" }]
  - id: chinook
    name: Chinook Music Store
    country: CA
    contact: owner@chinook.example
    dpo: none
    signatories: [{ name: A. Adams, contact: owner@chinook.example, public_key: "CHINOOK_KEY" }]

contracts:
  - id: deezer-2016
    controller: deezer
    starts: 2016-12-01
    ends: 2020-12-01
    subject_matter: customer retention campaigns
    at_end: { choice: delete, within_days: 30, clause: "6.1.5", fingerprints: { keep_until: 2023-12-01, instruction: INS-3 } }
    sub_processors: { authorisation: specific, list: [{ name: Campaign Post SAS, country: FR, contact: ops@campaign-post.example }] }
    transfers: [{ country: IL, tool: adequacy, reference: "2011/61/EU" }]
    breach_notice_hours: 24
  - id: chinook-2017
    controller: chinook
    starts: 2017-01-01
    subject_matter: newsletter
    at_end: { choice: return, within_days: 60 }

datasets:
  - id: listeners
    controller: deezer
    store: crm
    tables:
      - table: crm.listener
        subject: user_id
        country: country
        columns:
          user_id: { category: UID, identifies: true }
          email: { category: EmailAddress, identifies: true }
          first_name: { category: Name }
          last_name: { category: Name }
          gender: { category: Gender }
          birth_date: { category: BirthDate }
          country: { category: Country }
          city: { category: City }
          language: { category: Language }
          newsletter: { category: Preference }
          plan: { category: AccountIdentifier }
          payments: { category: Purchase }
          tracks_per_day: { category: ServiceConsumptionBehaviour }
          minutes_per_day: { category: ServiceConsumptionBehaviour }
          favourite_artists: { category: FavouriteMusic }
  - id: customers
    controller: chinook
    store: shop
    tables:
      - table: public.customer
        subject: customer_id
        country: country
        columns:
          customer_id: { category: UID, identifies: true }
          email: { category: EmailAddress, identifies: true }
          phone: { category: TelephoneNumber, identifies: true }
          first_name: { category: Name }
          last_name: { category: Name }
          address: { category: PhysicalAddress }
          city: { category: City }
          country: { category: Country }

instructions:
  - id: INS-1
    contract: deezer-2016
    text: "Segment our listeners and recommend campaigns."
    purposes: [PersonalisedAdvertising, Marketing]
    operations: [read, derive]
    data: { listeners: [user_id, country, language, newsletter, plan, tracks_per_day, minutes_per_day, favourite_artists] }
    environments: [production]
    from: 2016-12-01
    until: 2020-12-01
    rows_per_session: 5000000
  - id: INS-2
    contract: deezer-2016
    text: "A pseudonymised copy may be used to test the connector, for thirty days."
    purposes: [ServiceProvision]
    operations: [copy]
    data: { listeners: [user_id, country, plan, tracks_per_day, birth_date] }
    environments: [test]
    identifiable: false
    transform: { user_id: token, country: keep, plan: keep, tracks_per_day: { round: 10 }, birth_date: year }
    expires_after_days: 30
    from: 2016-12-01
    until: 2020-12-01
  - id: INS-3
    contract: deezer-2016
    text: "Keep fingerprints of our data after the end, only to search for forgotten copies."
    purposes: [LegalCompliance]
    operations: [search]
    data: { listeners: "*" }
    environments: [production, test]
    from: 2016-12-01
    until: 2023-12-01
  - id: INS-4
    contract: deezer-2016
    text: "Campaign Post may write to those who hardly listen."
    purposes: [Marketing]
    operations: [disclose]
    data: { listeners: [user_id, language, newsletter, plan, tracks_per_day] }
    environments: [production]
    recipients: [Campaign Post SAS]
    identifiable: true
    from: 2016-12-01
    until: 2020-12-01
  - id: INS-9
    contract: chinook-2017
    text: "Write to our customers."
    purposes: [Marketing]
    operations: [read]
    data: { customers: [customer_id, email, first_name, country] }
    environments: [production]
    from: 2017-01-01
    rows_per_session: 1000

people:
  - { id: noa, name: Noa Ben-David, contact: noa@optimove.example, role: analyst }
  - { id: eli, name: Eli Peretz, contact: eli@optimove.example, role: engineer }
  - { id: dana, name: Dana Cohen, contact: dpo@optimove.example, role: dpo }

trainings:
  - { id: client-data, title: Handling client data, valid_months: 12, required_for: "*" }

grants:
  - { person: noa, instruction: INS-1, until: 2020-12-01 }
  - { person: eli, instruction: INS-2, until: 2020-12-01 }
  - { person: noa, instruction: INS-4, until: 2020-12-01 }
`
