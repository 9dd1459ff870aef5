/** What an open session is made of. */
import type { CloseReason, Doorkeeper, SessionPlan } from './doorkeeper.ts'
import type { Lines } from './lines/take.ts'
import type { ServerMeter } from './wire/server.ts'

export interface SessionParts {
  readonly plan: SessionPlan
  readonly doorkeeper: Doorkeeper
  readonly lines: Lines
  readonly meter: ServerMeter
  /** The schema of the session's results; undefined: it keeps none. */
  readonly results?: string | undefined
  /** Asks the client database to stop what it does. Never rejects. */
  readonly cancel: () => Promise<void>
  /** Called once, when both sockets are on their way out: counts are final. Never rejects. */
  readonly ended: (because: CloseReason) => Promise<void>
  /** Takes the connection to the database back, for the next session of the same person: only when nothing is open or under way in it. False: it is not wanted. */
  readonly giveBack?: () => boolean
  /** Told when what was run could not be recorded. */
  readonly lost: () => void
}
