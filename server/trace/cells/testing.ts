import { openCells, type OpenedCells } from './life.ts'

/** Every log that opens, at a time: in tests they are small. */
export async function allCells(...of: Parameters<typeof openCells>): Promise<OpenedCells[]> {
  const all: OpenedCells[] = []
  for await (const one of openCells(...of)) all.push(one)
  return all
}
