export interface StatusMeaning {
  /** Whether the database takes connections. */
  readonly serves: 'yes' | 'perhaps' | 'no';
  readonly meaning: string;
}

/** RDS's words for the status of an Aurora cluster. */
const MEANINGS: Readonly<Record<string, readonly [serves: StatusMeaning['serves'], meaning: string]>> = {
  available: ['yes', 'it takes connections'],
  'backing-up': ['yes', 'it is being backed up, and takes connections'],
  backtracking: ['no', 'it is going back to an earlier time'],
  'cloning-failed': ['no', 'it could not be copied from another'],
  creating: ['no', 'it is being made'],
  deleting: ['no', 'it is being deleted'],
  'failing-over': ['perhaps', 'a reader is becoming the writer, which cuts connections'],
  'inaccessible-encryption-credentials': ['no', 'RDS cannot use the KMS key of its storage'],
  'inaccessible-encryption-credentials-recoverable': ['no', 'RDS cannot use the KMS key of its storage for now'],
  maintenance: ['perhaps', 'RDS is working on it'],
  migrating: ['no', 'a snapshot is being brought into it'],
  'migration-failed': ['no', 'the snapshot that it is made from could not be read'],
  modifying: ['yes', 'its settings are being changed, and it takes connections'],
  promoting: ['perhaps', 'it is becoming independent of the cluster it copies'],
  rebooting: ['no', 'it is restarting'],
  renaming: ['perhaps', 'it is getting another name, and its endpoints with it'],
  'resetting-master-credentials': ['perhaps', 'its master password is being changed: the old one may be refused'],
  starting: ['no', 'it is being started, which takes some minutes'],
  stopped: ['no', 'somebody has stopped it; AWS starts it by itself after seven days'],
  stopping: ['no', 'it is being stopped'],
  'storage-optimization': ['yes', 'its storage is being arranged anew, and it takes connections'],
  'update-iam-db-auth': ['yes', 'its sign-in by IAM is being changed'],
  upgrading: ['no', 'it is getting another engine version'],
};

/** What a status means. Those that are not known here may or may not be in the way. */
export function explainStatus(status: string): StatusMeaning {
  const [serves, meaning] = MEANINGS[status] ?? ['perhaps', 'it may not take connections'];
  return { serves, meaning };
}
