import { failed, list, ok, type Outcome, warning } from './check';
import type { Facts } from './facts';
import { logNeeds, sessionLog } from './session-log';

const NO_LOG = 'Where reviewers ask for a record, set executeCommandConfiguration of the cluster to a log group';

/** Whether sessions are to be recorded, and whether the task role lets the exec agent do so. */
export async function lookAtSessionLog(facts: Facts): Promise<Outcome> {
  const log = await sessionLog(facts);
  if (log.kind === 'none') return warning(`Sessions are not logged: ${log.why}`, NO_LOG);
  const place = list([log.group, log.bucket].filter((one) => one !== undefined));
  const [{ clusterArn = '' }, { taskRoleArn }] = await Promise.all([facts.cluster(), facts.taskDefinition()]);
  if (taskRoleArn === undefined) return warning(`There is no task role that could write to ${place}`, NO_LOG);
  const [denied, depends]: [string[], string[]] = [[], []];
  for (const { actions, resource } of logNeeds(log, clusterArn)) {
    for (const [action, decision] of await facts.roles.decisions(taskRoleArn, actions, resource)) {
      if (decision === 'denied') denied.push(action);
      if (decision === 'depends') depends.push(action);
    }
  }
  if (denied.length > 0) {
    const found = `Sessions are to be logged to ${place}, but the task role may not call ${list(denied)}`;
    const onItsKey = log.bucket === undefined ? '' : ', and kms:GenerateDataKey where the bucket has a key of its own';
    const remedy = `allow it to the task role${onItsKey}; POSTURE=hardened does so for a log group`;
    // It looks at the encryption first, and where it may not, ends the session; anything else it leaves unrecorded.
    return log.isEncrypted
      ? failed(found, `The agent opens no session before it has seen that the log is encrypted: ${remedy}`)
      : warning(found, `Take it that there is no record, or ${remedy}`);
  }
  if (depends.length > 0) {
    return warning(
      `Sessions are logged to ${place}, if the conditions of ${list(depends)} hold`,
      'See that they hold for the task',
    );
  }
  return ok(`To ${place}`);
}
