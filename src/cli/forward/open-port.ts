import { ssmClient } from '../../aws/clients';
import { SessionService } from '../../aws/session-service';
import { startPortSession } from '../../aws/start-session';
import { sessionTarget } from '../../aws/task';
import type { PortPoolOptions } from '../../tunnel/port-pool';
import { PortSession } from '../../tunnel/port-session';
import type { AcquireContext } from '../acquire';
import type { Destination } from './destination';
import type { ReadyTask, TaskKeeper } from './task-keeper';

/** Well within the 20 minutes after which the service ends an idle session. */
const KEEP_ALIVE_MS = 5 * 60_000;

/** Opens sessions to a destination in the task of the moment, as a pool wants them. */
export function portOpener(
  { host, port, localPort }: Destination,
  keeper: TaskKeeper,
  { deployment: { access }, story }: AcquireContext,
): PortPoolOptions['open'] {
  const known = new WeakSet<ReadyTask>();
  return async (onConnection, signal) => {
    const place = await keeper.ready();
    try {
      const ssm = ssmClient(access); // fresh, since those of the start may have expired by now
      const target = sessionTarget(place.task);
      // Where an agent has been there and is not now, its task may have gone, and that shows sooner elsewhere.
      const patienceMs = known.has(place) ? 0 : undefined;
      const ticket = await startPortSession(ssm, target, { host, port, localPort }, signal, patienceMs);
      const warn = (text: string): void => {
        story.line(text);
      };
      const service = new SessionService(access, { client: ssm, ticket, target: () => target, warn });
      const session = await PortSession.open(ticket, {
        ...service.sessionOptions,
        signal,
        keepAliveMs: KEEP_ALIVE_MS,
        notice: warn,
        endRemotely: () => service.terminate(),
        onConnection: (lost) => {
          onConnection(lost);
          if (lost !== undefined) keeper.check(place).catch(() => undefined); // its task may have ended
        },
      });
      known.add(place);
      endWith(place.ended, session);
      return { session, credentialsEnd: await service.credentialsEnd() };
    } catch (error) {
      signal.throwIfAborted();
      await keeper.check(place);
      throw error;
    }
  };
}

/** Without its task a session would try to come back for minutes, and its connections would hang. */
function endWith(ended: AbortSignal, session: PortSession): void {
  const end = (): void => void session[Symbol.asyncDispose]();
  ended.addEventListener('abort', end, { once: true });
  const forget = (): void => {
    ended.removeEventListener('abort', end);
  };
  session.closed.then(forget, forget);
  if (ended.aborted) end();
}
