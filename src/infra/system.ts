import type { Construct } from 'constructs';
import type { BastionFacts } from './bastion-task';
import type { Database } from './database';
import type { Network } from './network';
/** The three parts of the stack, as its outputs and the moves from the existing system's modules see them. */
export interface System {
  readonly network: Network;
  readonly database: Database;
  readonly bastion: Construct;
  readonly bastionFacts: BastionFacts;
}
