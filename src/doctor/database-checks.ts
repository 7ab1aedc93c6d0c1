import { stateRemedy } from '../aws/database';
import { bastionPeer, ingressOf } from './bastion-peer';
import { type Check, DEPLOY, failed, list, ok, type Outcome, warning } from './check';
import { explainStatus } from './database-status';
import { type Facts, variable } from './facts';
import { databasePeer } from './peers';
import { letsThrough } from './security-group';

/** The Aurora cluster that the container names. */
export const DATABASE_CHECKS: readonly Check[] = [
  { id: 'database', title: 'Aurora cluster', look: lookAtCluster },
  { id: 'database-instances', title: 'Aurora instances', look: lookAtInstances },
  { id: 'database-ingress', title: 'Way into Aurora', look: lookAtIngress },
];

async function lookAtCluster(facts: Facts): Promise<Outcome> {
  const [{ DBClusterIdentifier: id = '', Status: status = 'unknown', Port: port }, container] = await Promise.all([
    facts.database.cluster(),
    facts.container(),
  ]);
  const named = variable(container, 'PGPORT');
  if (port !== undefined && named !== '' && named !== String(port)) {
    return failed(`${id} listens on port ${port}, and the container's PGPORT is ${named}`, DEPLOY);
  }
  const { serves, meaning } = explainStatus(status);
  if (status === 'available') return ok(`${id} is available`);
  const found = `${id} is ${status}: ${meaning}`;
  const remedy = stateRemedy({ id, status });
  return serves === 'no' ? failed(found, remedy) : warning(found, remedy);
}

async function lookAtInstances(facts: Facts): Promise<Outcome> {
  const instances = await facts.database.instances();
  if (instances.length === 0) {
    return failed(
      'The cluster has no instance, and so nothing that answers',
      `${DEPLOY}, with --var instance_count=1 or more`,
    );
  }
  const states = instances.map(({ DBInstanceIdentifier: id = '', DBInstanceStatus: status = 'unknown' }) => ({
    id,
    status,
  }));
  const others = states.filter(({ status }) => status !== 'available').map(({ id, status }) => `${id} is ${status}`);
  const found = `${states.length - others.length} of ${states.length} available`;
  if (others.length === 0) return ok(found);
  const remedy = 'Wait until they are available, or look at their events in the console of RDS';
  const told = `${found}: ${list(others)}`;
  return others.length === states.length ? failed(told, remedy) : warning(told, remedy);
}

async function lookAtIngress(facts: Facts): Promise<Outcome> {
  const { port, peer } = await databasePeer(facts);
  const [rules, bastion] = await Promise.all([ingressOf(facts, peer.groups), bastionPeer(facts)]);
  const groups = list(peer.groups);
  switch (letsThrough(rules, port, bastion)) {
    case 'yes':
      return ok(`${groups} lets the bastion in on port ${port}`);
    case 'unknown':
      return warning(`${groups} lets a prefix list in on port ${port}`, 'See that it holds the subnets of the bastion');
    case 'no':
      return failed(
        `${groups} does not let the bastion in on port ${port}: connections time out`,
        `Let ${facts.target.securityGroup} in on port ${port}: deploy the stack again`,
      );
  }
}
