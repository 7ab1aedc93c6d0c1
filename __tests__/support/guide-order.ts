import type { Step } from './guide';

/** A deployment takes a minute or two, whatever the language. */
const DEPLOYS = /^npx cdktf (diff|deploy|output|destroy)\b/m;

/**
 * The order in which two documents with the same blocks run: from one deployment to the next first all of one, then all
 * of the other. A deployment, and what is looked at under a fault, is the same in both, and runs once.
 */
export function inOrder(first: readonly Step[], second: readonly Step[]): readonly Step[] {
  const order: Step[] = [];
  let waiting: Step[] = [];
  first.forEach((step, index) => {
    if (isDeployment(step)) {
      order.push(...waiting, step);
      waiting = [];
      return;
    }
    order.push(step);
    const other = second[index];
    if (other !== undefined && !isUnderFaults(other)) waiting.push(other);
  });
  return [...order, ...waiting];
}

function isDeployment(step: Step): boolean {
  return step.kind === 'shell' && DEPLOYS.test(step.text);
}

function isUnderFaults(step: Step): boolean {
  return 'under' in step && step.under.faults !== undefined;
}
