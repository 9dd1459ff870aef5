/** Fingerprints: keyed tokens of a dataset's identifying values, in a file that only the controller's key opens. */
export { buildFingerprints, epochOf } from './build.ts'
export type { BuildOptions, DatasetColumn, FingerprintSummary } from './build.ts'
export { openFingerprints } from './segment.ts'
export type { ColumnHeader, LinkHeader, Segment, SegmentHeader } from './segment.ts'
export type { ColumnKind, ColumnProfile } from './profile.ts'
