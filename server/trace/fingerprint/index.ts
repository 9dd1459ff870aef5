/** Fingerprints: keyed tokens of a dataset's identifying values, in a file that only the controller's key opens. */
export { buildFingerprints, epochOf, subtractRows } from './build.ts'
export type { BuildOptions, DatasetColumn, FingerprintSummary } from './build.ts'
export { comparable } from './merge.ts'
export type { RestSummary } from './merge.ts'
export { openFingerprints, openSegmentFile } from './segment.ts'
export type { ColumnHeader, FormHeader, LinkHeader, ListKind, Segment, SegmentFile, SegmentHeader } from './segment.ts'
export type { ColumnKind, ColumnProfile } from './profile.ts'
