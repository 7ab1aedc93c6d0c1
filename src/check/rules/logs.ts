import { each, type Rule } from '../rule';
import { isSet, isSurely } from '../value';

const LOG_GROUP = 'aws_cloudwatch_log_group';
const YEAR_DAYS = 365;

export const LOG_RULES: readonly Rule[] = [
  {
    id: 'CKV_AWS_66',
    what: 'Nobody has said how long the log is kept',
    remedy: 'Set retention_in_days',
    violations: each(LOG_GROUP, ({ attributes }) => !isSet(attributes.retention_in_days)),
  },
  {
    id: 'CKV_AWS_338',
    what: 'The log is kept for less than a year',
    remedy: `Set retention_in_days to ${YEAR_DAYS} or more`,
    violations: each(
      LOG_GROUP,
      // 0 and nothing at all are for ever.
      ({ attributes }) => !isSurely(attributes.retention_in_days, (days) => !days || Number(days) >= YEAR_DAYS),
    ),
  },
  {
    id: 'CKV_AWS_158',
    also: ['AVD-AWS-0017'],
    what: 'The log is not encrypted with a key of our own',
    remedy: 'Set kms_key_id',
    violations: each(LOG_GROUP, ({ attributes }) => !isSet(attributes.kms_key_id)),
  },
];
