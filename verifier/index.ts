// The verifier's face in Node. Formats are plain C2SP where C2SP has one, so that somebody else's tools can check the same files. What asks for a check of
// signatures, or for inflating, has Node's here.
export * from './core.ts'
export * from './node/directory.ts'
export { openCheckpoint, openZip, verifyBundle, verifyCertificate, verifyCosignature, verifyEnvelope, verifyReceipt } from './node/verify.ts'
export { verifyEd25519 } from './node/ed25519.ts'
export { verifySignature } from './node/signature.ts'
