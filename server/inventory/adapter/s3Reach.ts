/** How buckets are reached: how requests travel, what the service says of public access, and whether a request without a signature is answered. It is asked; nothing is changed. */
import { GetBucketAclCommand, GetBucketPolicyStatusCommand, GetPublicAccessBlockCommand, ListBucketsCommand, type S3Client } from '@aws-sdk/client-s3'
import { Broken } from '#kit/errors'
import { clientOf, unsupported, wordOf, type BucketAccess } from './s3Client.ts'
import { hostIsOwn, type AccessSeen, type Transport } from './reached.ts'

/** More are not looked at, and that is said. */
const bucketsMax = 100
const strangerMillisecondsMax = 10_000

/** Asks a service of buckets. Throws `Broken` when it does not answer. */
export async function bucketTransport(access: BucketAccess): Promise<Transport> {
  const encrypted = access.endpoint === undefined || access.endpoint.startsWith('https:')
  const local = !encrypted && hostIsOwn(URL.parse(access.endpoint ?? '')?.hostname ?? '')
  const client = clientOf(access)
  try {
    const names = access.buckets.length > 0 ? access.buckets : ((await client.send(new ListBucketsCommand({}))).Buckets ?? []).flatMap(({ Name: name }) => name ?? [])
    const seen: AccessSeen[] = []
    for (const [at, bucket] of names.slice(0, bucketsMax).entries()) seen.push(...(await bucketSeen(client, access, bucket)).map(({ is, says }): AccessSeen => ({ is, says: `bucket ${at + 1} of ${names.length}: ${says}` })))
    return {
      is: encrypted ? 'encrypted' : local ? 'local' : 'clear', says: encrypted ? 'https, which the client insists on' : local ? 'requests that do not leave the machine' : 'http, without TLS',
      access: [...seen, ...(names.length > bucketsMax ? [{ is: 'not seen' as const, says: `${names.length - bucketsMax} more buckets were not looked at` }] : [])],
    }
  } catch (cause) {
    throw new Broken('inventory/store-unreachable', `the buckets could not be asked for (${wordOf(cause)})`, { cause })
  } finally {
    client.destroy()
  }
}

async function bucketSeen(client: S3Client, access: BucketAccess, bucket: string): Promise<AccessSeen[]> {
  const asked = await Promise.all([blockSeen(client, bucket), policySeen(client, bucket), grantsSeen(client, bucket)])
  return [...asked, await strangerSeen(access, bucket)]
}

/** What a service does not know, or does not let itself be asked for, is not seen; it is no sign that there is none. */
const notSeen = (what: string, cause: unknown): AccessSeen => ({ is: 'not seen', says: `${what}: not seen (${unsupported(cause) === 'never' ? 'its service does not know the question' : wordOf(cause)})` })

async function blockSeen(client: S3Client, bucket: string): Promise<AccessSeen> {
  try {
    const { PublicAccessBlockConfiguration: block = {} } = await client.send(new GetPublicAccessBlockCommand({ Bucket: bucket }))
    const all = [block.BlockPublicAcls, block.IgnorePublicAcls, block.BlockPublicPolicy, block.RestrictPublicBuckets].every((one) => one === true)
    return all ? { is: 'kept', says: 'public access is blocked' } : { is: 'open', says: 'public access is not wholly blocked' }
  } catch (cause) {
    return wordOf(cause) === 'NoSuchPublicAccessBlockConfiguration' ? { is: 'open', says: 'nothing blocks public access' } : notSeen('whether public access is blocked', cause)
  }
}

async function policySeen(client: S3Client, bucket: string): Promise<AccessSeen> {
  try {
    const { PolicyStatus: status } = await client.send(new GetBucketPolicyStatusCommand({ Bucket: bucket }))
    if (status?.IsPublic === undefined) return { is: 'not seen', says: 'whether its policy lets anybody in was not told' }
    return status.IsPublic ? { is: 'open', says: 'its policy lets anybody in' } : { is: 'kept', says: 'its policy lets in nobody whom it does not name' }
  } catch (cause) {
    return wordOf(cause) === 'NoSuchBucketPolicy' ? { is: 'kept', says: 'no policy lets anybody in' } : notSeen('who its policy lets in', cause)
  }
}

const everybody = /[/]global[/](AllUsers|AuthenticatedUsers)$/

async function grantsSeen(client: S3Client, bucket: string): Promise<AccessSeen> {
  try {
    const { Grants: grants } = await client.send(new GetBucketAclCommand({ Bucket: bucket }))
    if (grants === undefined) return { is: 'not seen', says: 'its grants were not told' }
    return grants.some(({ Grantee: to }) => everybody.test(to?.URI ?? '')) ? { is: 'open', says: 'a grant lets anybody in' } : { is: 'kept', says: 'no grant is to anybody' }
  } catch (cause) {
    return notSeen('whom its grants let in', cause)
  }
}

/** Whether a request without a signature is answered; only with its status, and nothing of it is read. */
async function strangerSeen({ endpoint, region }: BucketAccess, bucket: string): Promise<AccessSeen> {
  const url = `${endpoint?.replace(/[/]+$/, '') ?? `https://s3.${region}.amazonaws.com`}/${encodeURIComponent(bucket)}?list-type=2&max-keys=1`
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(strangerMillisecondsMax), redirect: 'manual' })
    await answer.body?.cancel()
    if (answer.status === 200) return { is: 'open', says: 'it is listed for whoever asks, without a signature' }
    return answer.status === 401 || answer.status === 403 ? { is: 'kept', says: 'it is not listed without a signature' } : { is: 'not seen', says: `whether it is listed without a signature was not seen (status ${answer.status})` }
  } catch (cause) {
    return { is: 'not seen', says: `whether it is listed without a signature was not seen (${wordOf((cause as Error).cause)})` }
  }
}
