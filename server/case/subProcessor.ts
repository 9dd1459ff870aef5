/** Who writes to listeners for the processor, and what it says at the end. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { answerForSubProcessor, askSubProcessors } from '#erasure'
import type { Ledger } from '#ledger'
import type { Instant } from '#kit/time'
import { writeWhole } from './progress.ts'

/** As contract and instruction call it. */
export const subProcessor = 'Campaign Post SAS'

/** Of the end: the sub-processor is asked, and gives a certificate of its own (Art. 28(4)). */
export async function letSubProcessorAnswer({ bailee: { ledger }, directory }: { readonly bailee: { readonly ledger: Ledger }; readonly directory: string }, erasure: string, at: Instant): Promise<void> {
  await askSubProcessors(ledger, erasure, at)
  const file = join(directory, 'sub-processor', 'certificate.txt')
  const says = 'The list received on 6 March 2019 was erased on 1 April 2019, backups included; nobody else had it.'
  if (!existsSync(file)) writeWhole(file, `${subProcessor}\n${says}\n`)
  await answerForSubProcessor(ledger, { erasure, name: subProcessor, by: 'dana', outcome: 'certificate', sha256: createHash('sha256').update(readFileSync(file)).digest('hex'), says }, at)
}
