/** Two ClickHouse servers on loopback ports, each a shard of one cluster named `two`. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '#kit/testing'

/** Where Debian puts it; undefined when it is not installed. */
export const clickHouseServer = ['/usr/sbin/clickhouse-server', '/usr/bin/clickhouse-server'].find((file) => existsSync(file) && spawnSync(file, ['--help']).error === undefined)

export interface TestCluster {
  readonly urls: readonly URL[]
  readonly run: (shard: number, statement: string) => Promise<string>
  readonly stop: () => Promise<void>
}

interface Ports { readonly http: number; readonly tcp: number; readonly between: number }

function configuration(directory: string, own: Ports, all: readonly Ports[]): string {
  const shards = all.map(({ tcp }) => `<shard><replica><host>127.0.0.1</host><port>${tcp}</port></replica></shard>`).join('')
  return `<yandex><logger><level>warning</level><log>${directory}/log</log><errorlog>${directory}/errors</errorlog></logger>
<http_port>${own.http}</http_port><tcp_port>${own.tcp}</tcp_port><interserver_http_port>${own.between}</interserver_http_port><listen_host>127.0.0.1</listen_host>
<path>${directory}/data/</path><tmp_path>${directory}/temporary/</tmp_path><users_config>users.xml</users_config><default_profile>default</default_profile>
<default_database>default</default_database><mark_cache_size>67108864</mark_cache_size><timezone>UTC</timezone><remote_servers><two>${shards}</two></remote_servers></yandex>`
}

const users = `<yandex><profiles><default><max_memory_usage>1000000000</max_memory_usage></default></profiles><users><default><password></password>
<networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users><quotas><default></default></quotas></yandex>`

const waitMilliseconds = 120_000

/** Starts both; throws when one does not answer in time. */
export async function startCluster(program: string): Promise<TestCluster> {
  const root = mkdtempSync(join(tmpdir(), 'bailee-clickhouse-'))
  const ports: Ports[] = []
  for (let shard = 0; shard < 2; shard += 1) ports.push({ http: await freePort(), tcp: await freePort(), between: await freePort() })
  const servers = ports.map((own, shard): ChildProcess => {
    const directory = join(root, String(shard))
    for (const name of ['data', 'temporary']) mkdirSync(join(directory, name), { recursive: true })
    writeFileSync(join(directory, 'config.xml'), configuration(directory, own, ports))
    writeFileSync(join(directory, 'users.xml'), users)
    return spawn(program, [`--config-file=${join(directory, 'config.xml')}`], { cwd: directory, stdio: 'ignore' })
  })
  const urls = ports.map(({ http }) => new URL(`http://127.0.0.1:${http}/`))
  const run = async (shard: number, statement: string): Promise<string> => {
    const answer = await fetch(urls[shard]!, { method: 'POST', body: statement })
    const text = await answer.text()
    if (!answer.ok) throw new Error(text)
    return text
  }
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => new Promise<void>((resolve) => {
      if (server.exitCode !== null || server.signalCode !== null) return resolve()
      server.once('exit', () => resolve())
      server.kill('SIGKILL')
    })))
    rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
  for (const shard of [0, 1]) {
    const until = performance.now() + waitMilliseconds
    while (await run(shard, 'select 1').then(() => false, () => true)) {
      if (performance.now() > until) {
        await stop()
        throw new Error('a ClickHouse server did not answer in time')
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  return { urls, run, stop }
}
