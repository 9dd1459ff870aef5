/** Every format that is fuzzed. */
import type { Format } from '../format.ts'
import { databases } from './databases.ts'
import { delimited } from './delimited.ts'
import { documents } from './documents.ts'
import { dumps } from './dumps.ts'
import { json } from './json.ts'
import { mails } from './mail.ts'
import { packed } from './packed.ts'
import { spreadsheets } from './spreadsheets.ts'

export const formats: readonly Format[] = [...delimited, ...json, ...documents, ...mails, ...databases, ...packed, ...spreadsheets, ...dumps]
