import type { Command } from 'commander'
import { addressLine, confirmAddress, stateAddress } from '#erasure'
import { Misuse } from '#kit/errors'
import { common, say, withBailee, type CommonOptions } from './context.ts'

type AddressOptions = CommonOptions & { readonly as: string; readonly store: string; readonly says: string; readonly because?: string }

/** `bailee erasure address`: what became of an address at which a store was planned, and where nobody can search again. */
export function addAddress(erasure: Command): void {
  common(erasure.command('address <erasure>').summary('state what became of an address, or confirm it')
    .description('state what became of the address at which a store was planned: what stood there is gone, or was moved as it is;\nor confirm, as a second person, what was stated. Shown as stated, never as verified: the certificate stays partial'))
    .requiredOption('--store <id>', 'that led elsewhere when it was planned').requiredOption('--says <what>', 'gone, moved, or confirmed')
    .option('--because <text>', 'what happened, and how it is known').requiredOption('--as <person>', 'who answers for it')
    .action(async (id: string, { store, says, ...options }: AddressOptions) => {
      if (says !== 'gone' && says !== 'moved' && says !== 'confirmed') throw new Misuse(`--says takes gone, moved or confirmed, not ${JSON.stringify(says)}`)
      if ((says === 'confirmed') !== (options.because === undefined)) throw new Misuse(says === 'confirmed' ? 'whoever confirms gives no reason of their own' : '--because says what happened, and how it is known')
      await withBailee(options, async ({ ledger }, at) => {
        const stated = says === 'confirmed' ? await confirmAddress(ledger, { erasure: id, store, by: options.as }, at) : await stateAddress(ledger, { erasure: id, store, says, because: options.because ?? '', by: options.as }, at)
        say(options, { ok: true, stated }, () => [`${addressLine(stated)}.`, ...(stated.confirmedBy === null ? [`  next: a second person confirms: bailee erasure address ${id} --store ${store} --says confirmed --as ID`] : ['  The certificate says so, and is partial: nothing searched what stood there again.'])])
      })
    })
}
