/**
 * How each column of a Parquet file becomes fields of text, as SQL of the reader's own making. Text, whole numbers and decimals stand as
 * they are; a floating number that is whole has no point; dates and times are ISO; structures are flattened, lists stand behind the row.
 */
import { DuckDBTypeId, type DuckDBType } from '@duckdb/node-api'

export interface ParquetColumn {
  /** `address.city` inside structures. */
  readonly name: string
  /** SQL that gives the text, NULL where there is none. */
  readonly text: string
  /** SQL of the value itself. */
  readonly value: string
  readonly type: 'text' | 'binary' | 'list' | 'other'
  /** Every form that its texts can have, one of each, where those are few; undefined where they are not. */
  readonly forms: readonly string[] | undefined
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Structures inside structures; deeper ones are read as one text. */
const nestingMax = 16

const fractions = ['', '.0', '.00', '.000', '.0000', '.00000', '.000000', '.0000000', '.00000000', '.000000000']
const formsOf: Partial<Record<DuckDBTypeId, readonly string[]>> = {
  [DuckDBTypeId.BOOLEAN]: ['true', 'false'],
  [DuckDBTypeId.TIME]: fractions.map((fraction) => `12:34:56${fraction}`),
}

/** The columns of a file as fields; structures give one for each of their fields. */
export function columnsOfTypes(names: readonly string[], types: readonly DuckDBType[]): ParquetColumn[] {
  return names.flatMap((name, at) => expand(name, quoted(name), types[at]!, 0))
}

function expand(name: string, value: string, type: DuckDBType, depth: number): ParquetColumn[] {
  if (type.typeId === DuckDBTypeId.STRUCT && depth < nestingMax) {
    const { entryNames, entryTypes } = type as unknown as { entryNames: readonly string[]; entryTypes: readonly DuckDBType[] }
    return entryNames.flatMap((entry, at) => expand(`${name}.${entry}`, `struct_extract(${value}, '${entry.replaceAll("'", "''")}')`, entryTypes[at]!, depth + 1))
  }
  return [{ name, value, text: textOf(value, type, depth), type: kindOf(type), forms: formsOf[type.typeId] }]
}

function kindOf(type: DuckDBType): ParquetColumn['type'] {
  const { typeId } = type
  if (typeId === DuckDBTypeId.VARCHAR || typeId === DuckDBTypeId.ENUM) return 'text'
  if (typeId === DuckDBTypeId.BLOB) return 'binary'
  return isNested(type) ? 'list' : 'other'
}

const isNested = ({ typeId }: DuckDBType): boolean => [DuckDBTypeId.LIST, DuckDBTypeId.ARRAY, DuckDBTypeId.MAP, DuckDBTypeId.STRUCT, DuckDBTypeId.UNION].includes(typeId)

/** Text that a field could be mistaken at, put between quotes. */
export const quotedText = (text: string): string =>
  `case when ${text} ^@ '"' or contains(${text}, chr(9)) or contains(${text}, chr(10)) or contains(${text}, chr(13)) then '"' || replace(${text}, '"', '""') || '"' else ${text} end`

function textOf(value: string, type: DuckDBType, depth: number): string {
  const { typeId } = type
  if (typeId === DuckDBTypeId.VARCHAR) return value
  if (typeId === DuckDBTypeId.FLOAT || typeId === DuckDBTypeId.DOUBLE) {
    return `case when ${value} = trunc(${value}) and abs(${value}) < 1e15 then cast(cast(${value} as bigint) as varchar) else cast(${value} as varchar) end`
  }
  if (typeId === DuckDBTypeId.TIMESTAMP_TZ) return `cast(make_timestamp(epoch_us(${value})) as varchar) || '+00'`
  if (typeId === DuckDBTypeId.BLOB) return binaryText(value)
  return isNested(type) ? nested(value, type, depth) : `cast(${value} as varchar)`
}

/** Bytes that are UTF-8 as text, others up to 64 by their digits; the rest has a part of its own. */
const binaryText = (value: string): string => `coalesce(try(decode(${value})), case when octet_length(${value}) <= 64 then lower(hex(${value})) else '' end)`

/** What is in a list, all of it, as further fields. */
function nested(value: string, type: DuckDBType, depth: number): string {
  if (depth >= nestingMax) return quotedText(`cast(${value} as varchar)`)
  if (type.typeId === DuckDBTypeId.MAP) {
    const { keyType, valueType } = type as unknown as { keyType: DuckDBType; valueType: DuckDBType }
    return `concat(${listed(`map_keys(${value})`, keyType, depth)}, chr(9), ${listed(`map_values(${value})`, valueType, depth)})`
  }
  if (type.typeId === DuckDBTypeId.STRUCT) {
    const { entryNames, entryTypes } = type as unknown as { entryNames: readonly string[]; entryTypes: readonly DuckDBType[] }
    return `concat(${entryNames.map((entry, at) => field(`struct_extract(${value}, '${entry.replaceAll("'", "''")}')`, entryTypes[at]!, depth + 1)).join(', chr(9), ')})`
  }
  if (type.typeId === DuckDBTypeId.UNION) return quotedText(`cast(${value} as varchar)`)
  return listed(value, (type as unknown as { valueType: DuckDBType }).valueType, depth)
}

const listed = (value: string, type: DuckDBType, depth: number): string => `array_to_string(list_transform(${value}, lambda v${depth}: ${field(`v${depth}`, type, depth + 1)}), chr(9))`

const field = (value: string, type: DuckDBType, depth: number): string => (isNested(type) ? textOf(value, type, depth) : quotedText(textOf(value, type, depth)))
