import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Language } from '#document'
import { allCertificates, signedPages } from '#erasure'
import { Misuse } from '#kit/errors'
import { formatDay } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { mustBeNew } from './receipt.ts'

interface CertificateOptions extends CommonOptions { readonly pdf?: string; readonly language: string }

/** `bailee erasure certificate`. */
export function addCertificate(erasure: Command, exit: (code: number) => void): void {
  common(erasure.command('certificate <certificate>').summary('show a certificate, or write it as PDF').description('show a certificate, or write it as PDF: signed (PAdES), with the signed document inside, and its hash in the log; exit 1 when it no longer holds'))
    .option('--pdf <file>', 'write its pages here').option('--language <language>', 'of the pages: en or fr', 'en')
    .addHelpText('after', '\nbailee erasure list shows the certificates. Example:\n  bailee erasure certificate CRT-acme-2019-1 --pdf certificate.pdf')
    .action(async (id: string, options: CertificateOptions) => {
      const language = languageOf(options.language)
      mustBeNew(options.pdf)
      await withBailee(options, async ({ ledger, database }, at) => {
        const certificate = (await allCertificates(database)).find((one) => one.id === id)
        if (certificate === undefined) throw new Misuse(`there is no certificate ${JSON.stringify(id)}; bailee erasure list shows them`)
        const { erasure: of, status, issuedAt, invalidatedAt, invalidatedBecause } = certificate
        const pages = options.pdf === undefined ? undefined : await signedPages(ledger, { certificate, language }, at)
        if (options.pdf !== undefined && pages !== undefined) writeFileSync(options.pdf, pages.bytes, { flag: 'wx' })
        if (certificate.status === 'invalidated') exit(1)
        say(options, { ok: certificate.status !== 'invalidated', certificate: { id, erasure: of, status, issued: formatDay(issuedAt), invalidated: invalidatedAt === null ? null : formatDay(invalidatedAt), because: invalidatedBecause }, pdf: options.pdf ?? null, ...(pages === undefined ? {} : { sha256: pages.sha256, signed_with: pages.key }) }, () => [
          `${id}: ${certificate.status}, issued ${formatDay(certificate.issuedAt)}`,
          ...(certificate.invalidatedAt === null ? [] : [`  ! it no longer holds since ${formatDay(certificate.invalidatedAt)}: ${certificate.invalidatedBecause ?? ''}`]),
          ...(pages === undefined ? [] : [`  ${options.pdf} was written, signed, and recorded by its hash, sha256 ${pages.sha256}`, `  the key that signed it has the certificate sha256 ${pages.key}; readers of PDF trust it once somebody tells them to`]),
        ])
      })
    })
}

function languageOf(text: string): Language {
  if (text !== 'en' && text !== 'fr') throw new Misuse(`--language takes en or fr, not ${JSON.stringify(text)}`)
  return text
}
