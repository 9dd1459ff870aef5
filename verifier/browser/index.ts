// The face for browsers, and for whatever else has WebCrypto and no Node.
export * from '../core.ts'
export * from './settle.ts'
export * from './webcrypto.ts'
export * from './zip.ts'
