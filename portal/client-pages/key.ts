/** The key of a log whose words were compared, kept in this browser: the page that checks evidence holds every check to it. */
export interface KeptKey { readonly vkey: string; readonly at: string }

// `verifier/browser/kept.ts` reads it under the same name.
const nameOf = (log: string): string => `bailee-key ${log}`

export function keptKey(log: string): KeptKey | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(nameOf(log)) ?? 'null') as KeptKey | null
    return kept ?? undefined
  } catch {
    return undefined
  }
}

/** Keeps it. False where this browser keeps nothing. */
export function keepKey(log: string, vkey: string): boolean {
  try {
    localStorage.setItem(nameOf(log), JSON.stringify({ vkey, at: new Date().toISOString() }))
    return true
  } catch {
    return false
  }
}

/** Where evidence is checked: a page of its own, outside of this one. */
export const verifyAddress = (controller: string | undefined): string => `${new URL('verify', document.baseURI).pathname}${controller === undefined ? '' : `?controller=${encodeURIComponent(controller)}`}`
