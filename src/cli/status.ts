import { type Bastion, listBastions, openSessions } from '../aws/bastions';
import { ecsClient, ssmClient } from '../aws/clients';
import { shortName } from '../aws/identity';
import { describeService, lastEvents, serviceCounts } from '../aws/service';
import { printableJson, printableLine } from '../printable';
import type { Where } from './args';
import { columns } from './columns';
import type { ConnectContext } from './connect';
import { words } from './duration';

const EVENTS = 5;

/** Prints the bastions of the cluster, and what the service is about. Nothing running is no error. */
export async function status(
  options: Where & { readonly json: boolean },
  { terminal, interruption: { signal }, deployment: deployed }: ConnectContext,
): Promise<number> {
  const { access, cluster, family, serviceName } = await deployed;
  const ecs = ecsClient(access);
  const [bastions, sessions, service] = await Promise.all([
    listBastions(ecs, { cluster, family }, signal),
    openSessions(ssmClient(access), signal),
    describeService(ecs, cluster, serviceName, signal),
  ]);
  const sessionsOf = ({ target }: Bastion): readonly string[] | undefined =>
    sessions === undefined ? undefined : (sessions.get(target) ?? []);
  if (options.json) {
    const tasks = bastions.map(({ target: _target, ...bastion }, index) => ({
      ...bastion,
      sessions: sessionsOf(bastions[index] as Bastion) ?? null,
    }));
    const counts = service && {
      name: serviceName,
      desired: service.desiredCount,
      running: service.runningCount,
      pending: service.pendingCount,
      events: lastEvents(service, EVENTS),
    };
    terminal.output.write(`${printableJson({ cluster, region: access.region, tasks, service: counts ?? null })}\n`);
    return 0;
  }
  terminal.output.write(
    bastions.length === 0 ? `No bastion runs in ${printableLine(cluster)}\n` : table(bastions, sessionsOf),
  );
  if (service === undefined) return 0;
  terminal.output.write(`${printableLine(`Service ${serviceName}: ${serviceCounts(service)}`)}\n`);
  if ((service.runningCount ?? 0) < (service.desiredCount ?? 0)) {
    terminal.output.write(
      lastEvents(service, EVENTS)
        .map((event) => `  ${printableLine(event)}\n`)
        .join(''),
    );
  }
  return 0;
}

function table(bastions: readonly Bastion[], sessionsOf: (bastion: Bastion) => readonly string[] | undefined): string {
  const now = Date.now();
  return columns([
    ['TASK', 'OWNER', 'STATUS', 'AGE', 'SESSIONS', 'ENDS', 'REASON'],
    ...bastions.map((bastion) => {
      const { id, owner, service, status: state, isReady, createdAt, expires, reason } = bastion;
      return [
        id,
        owner === undefined ? (service ?? '-') : shortName(owner),
        state === 'RUNNING' && !isReady ? 'running, agent not connected' : state.toLowerCase(),
        createdAt === undefined ? '-' : words((now - createdAt.getTime()) / 1000),
        sessionsOf(bastion)?.length.toString() ?? '?',
        expires === undefined ? '-' : `in ${words((expires.getTime() - now) / 1000)} at most`,
        reason ?? '',
      ];
    }),
  ]);
}
