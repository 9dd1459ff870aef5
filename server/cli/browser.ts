import { spawn } from 'node:child_process'
import { tell } from './context.ts'

/** What opens an address on this kind of machine. */
const openers: Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>> = { darwin: ['open'], win32: ['rundll32', 'url.dll,FileProtocolHandler'] }

/** Opens an address in this person's browser. Where there is none, nothing happens: the address is printed as well. A link that signs in is good once, so who lists processes later has nothing of it. */
export function inBrowser(address: string): void {
  const [command, ...args] = openers[process.platform] ?? ['xdg-open']
  const child = spawn(command, [...args, address], { stdio: 'ignore', detached: true })
  child.once('error', () => { tell('no browser could be opened; open the address above in one') })
  child.unref()
}
