/** Who begins: what the logs are named after, and the processor's name and country. */
export interface Begun { readonly origin: string; readonly name: string; readonly country: string }

/** A start of which nothing was declared yet: whoever holds the link that was printed says who they are. */
export interface Beginning { readonly token: string; /** Resolves when the ledger is there and somebody can sign in. */ begin(begun: Begun): Promise<void> }
