// The architecture as data: what each word may import. A word names only words above it in this table.
export const arrows = {
  verifier: [],
  kit: [],
  document: [],
  database: ['kit'],
  job: ['kit', 'database'],
  ledger: ['verifier', 'kit', 'database'],
  people: ['ledger'],
  contract: ['ledger', 'people'],
  inventory: ['ledger', 'contract'],
  instruction: ['verifier', 'ledger', 'people', 'contract', 'inventory'],
  decision: ['people', 'contract', 'inventory', 'instruction'],
  gateway: ['ledger', 'people', 'contract', 'inventory', 'instruction', 'decision'],
  trace: ['ledger', 'contract', 'inventory', 'instruction'],
  transfer: ['ledger', 'people', 'contract', 'inventory', 'instruction', 'decision'],
  activity: ['ledger', 'people', 'contract', 'inventory', 'instruction', 'decision', 'gateway'],
  erasure: ['verifier', 'document', 'ledger', 'people', 'contract', 'inventory', 'instruction', 'trace'],
  breach: ['document', 'ledger', 'people', 'contract', 'inventory', 'trace', 'transfer'],
  reminder: ['ledger', 'people', 'contract', 'instruction', 'decision', 'transfer', 'activity', 'breach'],
  estate: ['ledger', 'people', 'contract', 'inventory', 'instruction', 'trace'],
  assessment: ['ledger', 'contract', 'instruction'],
  register: ['document', 'ledger', 'people', 'contract', 'inventory', 'instruction', 'decision', 'gateway', 'trace', 'transfer', 'erasure', 'assessment'],
  composition: ['job', 'ledger', 'people', 'contract', 'inventory', 'instruction', 'decision', 'gateway', 'trace', 'transfer', 'activity', 'erasure', 'breach', 'reminder', 'estate', 'assessment', 'register'],
  case: ['verifier', 'ledger', 'people', 'contract', 'inventory', 'instruction', 'decision', 'gateway', 'trace', 'transfer', 'activity', 'erasure', 'breach', 'estate', 'assessment', 'register', 'composition'],
}

const doors = '^server/(main[.]ts|cli/|api/)' // compose everything, are imported by no word
const commandLine = '^server/(main[.]ts|cli/)' // runs the other door, `api`, as well
const entrances = '^(server/main[.]ts|portal/(main[.]tsx|(build|generate)[.]ts)|verifier/main[.]ts|verifier/browser/page[.]ts|verifier/build[.]ts)$' // what people run
const tests = '([.]test[.]ts$|^portal/testing/|^(server/[^.]+|verifier)/testing([.](setup|child|trap|memory))?[.]ts$)'
const everyone = 'kit|database' // `database` is narrowed to store.ts by sql-lives-in-stores

const arrow = ([word, allowed]) => ({
  name: `${word}-follows-its-arrows`,
  comment: `server/${word} may import ${allowed.join(', ') || 'nothing'}. A new arrow needs a line here and a record in docs/decisions.`,
  from: { path: `^server/${word}/`, pathNot: tests },
  to: {
    path: '^(server|verifier)/',
    pathNot: [`^server/(${[word, ...allowed, ...(word === 'kit' ? [] : [everyone])].join('|')})/`, ...(allowed.includes('verifier') ? ['^verifier/'] : [])],
  },
})

const portalShared = '^portal/(client|components|shell|style|words)/' // a folder beside these is a group of pages
const portalTools = '^portal/(build|generate)[.]ts$' // run by Node, not by a browser

const rules = [
  ...Object.entries(arrows).filter(([word]) => word !== 'verifier').map(arrow),
  {
    name: 'another-word-by-its-face',
    comment: 'Import #word, never a file inside another word.',
    from: { path: '^server/([^/]+)/', pathNot: [commandLine, tests] },
    to: { path: '^server/[^/]+/', pathNot: ['^server/$1/', '^server/kit/', '^server/[^/]+/index[.]ts$'] },
  },
  {
    name: 'verifier-by-its-face',
    comment: 'Import @bailee/verifier, never a file inside it.',
    from: { path: '^server/', pathNot: tests },
    to: { path: '^verifier/', pathNot: '^verifier/index[.]ts$' },
  },
  {
    name: 'no-unknown-word',
    comment: 'Every folder of server is a word of the table above, or no arrow would hold it.',
    from: {},
    to: { path: '^server/[^/]+/', pathNot: [`^server/(${Object.keys(arrows).join('|')}|cli|api)/`, '^server/node_modules/'] },
  },
  {
    name: 'doors-open-outward',
    comment: 'The command line, the API and main.ts compose everything and are imported by no word.',
    from: { path: '^server/', pathNot: [doors, tests] },
    to: { path: doors },
  },
  {
    name: 'api-below-the-command-line',
    comment: 'The command line starts the API; the API knows nothing of commands.',
    from: { path: '^server/api/', pathNot: tests },
    to: { path: commandLine },
  },
  {
    name: 'sql-lives-in-stores',
    comment: 'The control database is reached from store.ts, client databases from store.ts or an adapter, and from nowhere else in a word.',
    from: { path: '^server/', pathNot: ['/store[.]ts$', '/adapter/', '^server/(database|composition|case)/', commandLine, tests] },
    to: { path: ['^server/database/', 'node_modules/(pg|pg-copy-streams|kysely)/'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'decision-is-pure',
    comment: 'No clock, disk, network or package: the same input decides the same way in ten years.',
    from: { path: '^server/decision/', pathNot: tests },
    to: { dependencyTypes: ['core', 'npm'] },
  },
  {
    name: 'decision-knows-only-types',
    comment: 'Decision takes the shapes of the words it judges, never their code; of kit neither, where the clock is.',
    from: { path: '^server/decision/', pathNot: tests },
    to: { path: '^(server|verifier)/', pathNot: '^server/decision/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'verifier-stands-alone',
    comment: 'Who checks our proofs must not have to run, or trust, our server.',
    from: { path: '^verifier/', pathNot: [tests, '^verifier/build[.]ts$'] },
    to: { path: ['^(server|portal)/', 'node_modules'] },
  },
  {
    name: 'verifier-runs-anywhere',
    comment: 'A browser runs it too: what Node alone has is in verifier/node and at the command line.',
    from: { path: '^verifier/', pathNot: [tests, '^verifier/(node/|(cli|main|build)[.]ts$)'] },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'portal-knows-the-document-alone',
    comment: 'What a browser runs knows the API by its document, never by its code; what checks evidence there is the verifier.',
    from: { path: '^portal/', pathNot: [tests, portalTools] },
    to: { path: '^(server|verifier)/', pathNot: '^verifier/index[.]ts$' },
  },
  {
    name: 'portal-runs-in-browsers',
    comment: 'What Node alone has is in the tools that build it.',
    from: { path: '^portal/', pathNot: [tests, portalTools] },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'pages-stand-alone',
    comment: 'A group of pages takes what is shared, and nothing of another group: each can be loaded, and changed, by itself.',
    from: { path: '^portal/([^/]+)/', pathNot: [portalShared, tests] },
    to: { path: '^portal/[^/]+/', pathNot: [portalShared, '^portal/$1/'] },
  },
  {
    name: 'portal-is-built-by-doors',
    comment: 'The command line builds the portal; nothing else of the server takes from it.',
    from: { path: '^(server|verifier)/', pathNot: tests },
    to: { path: '^portal/', pathNot: portalTools },
  },
  { name: 'no-cycle', comment: 'A cycle has no lowest word.', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['dynamic-import'] } } },
  { name: 'no-unresolved', comment: 'An import that leads nowhere.', from: {}, to: { couldNotResolve: true } },
  {
    name: 'nothing-dead',
    comment: 'A file that no door reaches is dead: use it or delete it.',
    from: { path: entrances },
    to: { path: '^(server|verifier)/', pathNot: [tests, entrances, '[.]worker[.]ts$', '/assembly/'], reachable: false },
  },
]

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: rules.map((rule) => ({ severity: 'error', ...rule })),
  options: {
    tsPreCompilationDeps: true, // type-only imports are arrows too
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/assembly/|^portal/dist/' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default'], exportsFields: ['exports'], extensions: ['.ts', '.tsx', '.js'] },
  },
}
