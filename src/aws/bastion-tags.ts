/**
 * The tags of a one-off bastion task, set by RunTask. They say whose it is, what for and how long it may live; rights
 * are given by them too, so that everybody can stop their own tasks alone.
 */
export const BASTION_TAGS = {
  /** The ARN that `sts:GetCallerIdentity` tells. */
  owner: 'aurora-bastion:owner',
  /** The user id that it tells: IAM's `aws:userid`. */
  ownerId: 'aurora-bastion:owner-id',
  reason: 'aurora-bastion:reason',
  /** When the task ends by itself at the latest, ISO 8601 in UTC. */
  expires: 'aurora-bastion:expires',
  /** One start of the helper: finds the task again whose RunTask lost its answer. */
  start: 'aurora-bastion:start',
} as const;
