/** Reading stores: one file a kind. What cannot be read is always named, with the reason. */
export { columnsOf, listBesides, listTables, openSnapshot, quoteIdentifier, readTable } from './postgres.ts'
export type { Column, NotRead, ReadOptions, Snapshot, Table, TableName } from './postgres.ts'
export { folderLimits, listFiles, openInside } from './files.ts'
export type { FileEntry, FolderLimits, FolderListing } from './files.ts'
export { gzipLimits, openFile } from './fileReader.ts'
export type { FileReport, GzipLimits, OpenedFile } from './fileReader.ts'
export { delimiters } from './format.ts'
export type { Delimiter, Encoding, FileFormat } from './format.ts'
