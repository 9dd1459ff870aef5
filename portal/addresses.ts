/** Addresses of the portal, by what they show. A page links through these, never by a path of its own spelling. */
const of = (folder: string) => (id: string): string => `/${folder}/${encodeURIComponent(id)}`

export const addresses = {
  today: '/today', start: '/start', me: '/me', controllers: '/controllers', instructions: '/instructions', newInstruction: '/instructions/new', approvals: '/approvals', breachRegister: '/breach-register', decisions: '/decisions', copies: '/copies', stores: '/stores', activities: '/activities', transfers: '/transfers',
  people: '/people', findings: '/findings', sweeps: '/sweeps', erasures: '/erasures', breaches: '/breaches', register: '/register', assessments: '/assessments', ledger: '/ledger', settings: '/settings',
  signIn: '/sign-in', welcome: '/welcome', client: '/client', clientWelcome: '/client/welcome', clientInstructions: '/client/instructions', clientUse: '/client/use', clientCopies: '/client/copies', clientSubProcessors: '/client/sub-processors',
  clientErasure: '/client/erasure', clientNotices: '/client/notices', clientEvidence: '/client/evidence',
  controller: of('controllers'), contract: of('contracts'), instruction: of('instructions'), decision: of('decisions'), copy: of('copies'), copiesOf: (controller: string): string => `/copies?controller=${encodeURIComponent(controller)}`, person: of('people'), review: of('reviews'), training: of('trainings'),
  finding: of('findings'), findingsOf: (controller: string): string => `/findings?controller=${encodeURIComponent(controller)}`, sweep: of('sweeps'), erasure: of('erasures'), request: of('requests'), certificate: of('certificates'), breach: of('breaches'), assessment: of('assessments'), clientInstruction: of('client/instructions'), newClientInstruction: '/client/instructions/new',
  entry: of('ledger'), registerOf: (controller: string): string => `/register?controller=${encodeURIComponent(controller)}`, ledgerOf: (controller: string): string => `/ledger?controller=${encodeURIComponent(controller)}`,
} as const
