/** How a Redis server is reached: how the connection travels, and who is let in. It is asked; nothing is changed. */
import { Broken } from '#kit/errors'
import { connect, wordOf, type Ask, type Reply } from './redis.ts'
import { hostIsOwn, type AccessSeen, type Transport } from './reached.ts'

const text = (reply: Reply): string => (Buffer.isBuffer(reply) ? reply.toString('utf8') : String(reply))

/** Asks a Redis server. Throws `Broken` when it cannot be opened with the URL that is set. */
export async function redisTransport(url: string): Promise<Transport> {
  const session = await connect(url, 0)
  try {
    const address = /(?:^| )addr=(\S+):\d+(?: |$)/.exec(await session.ask('CLIENT', 'INFO').then(text, () => ''))?.[1]
    const encrypted = url.startsWith('rediss:')
    const local = url.startsWith('unix:') || hostIsOwn(address?.replaceAll(/[[\]]/g, '') ?? URL.parse(url)?.hostname ?? '')
    return {
      is: encrypted ? 'encrypted' : local ? 'local' : 'clear', says: encrypted ? 'TLS, which the client insists on (rediss)' : local ? 'a connection that does not leave the machine' : 'no TLS',
      access: [await accountSeen(session.ask), await strangerSeen(url)],
    }
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/store-unreachable', `the Redis store could not be asked: ${wordOf(cause)}`, { cause })
  } finally {
    session.close()
  }
}

/** As which ACL user the sweep comes: the one that everybody is who names none tells nobody apart. */
async function accountSeen(ask: Ask): Promise<AccessSeen> {
  try {
    const name = text(await ask('ACL', 'WHOAMI'))
    return name === 'default' ? { is: 'open', says: 'the sweep comes as the ACL user default, which whoever names no user is: give it one of its own' } : { is: 'kept', says: 'the sweep comes as an ACL user of its own' }
  } catch (cause) {
    return { is: 'not seen', says: `as which ACL user it comes could not be asked (${wordOf(cause)})` }
  }
}

/** Whether somebody without name or password is let in. */
async function strangerSeen(url: string): Promise<AccessSeen> {
  try {
    const stranger = await connect(url.replace(/^(\w+:\/\/)[^/]*@/, '$1'), 0)
    try {
      await stranger.ask('PING')
      return { is: 'open', says: 'it lets in whoever reaches it, without name or password' }
    } catch (cause) {
      const word = wordOf(cause)
      return word === 'NOAUTH' || word === 'NOPERM' || word === 'WRONGPASS' ? { is: 'kept', says: 'it refuses whoever brings no password' } : { is: 'not seen', says: `whether it asks for a password could not be tried (${word})` }
    } finally {
      stranger.close()
    }
  } catch (cause) {
    const word = cause instanceof Broken ? wordOf(cause.cause) : wordOf(cause)
    return word === 'NOAUTH' || word === 'WRONGPASS' ? { is: 'kept', says: 'it refuses whoever brings no password' } : { is: 'not seen', says: `whether it asks for a password could not be tried (${word})` }
  }
}
