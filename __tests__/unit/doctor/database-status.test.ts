import { explainStatus } from '../../../src/doctor/database-status';

it.each([
  ['available', 'yes'],
  ['modifying', 'yes'],
  ['failing-over', 'perhaps'],
  ['stopped', 'no'],
  ['starting', 'no'],
  ['upgrading', 'no'],
  ['deleting', 'no'],
  ['a word that RDS has made since', 'perhaps'],
])('a cluster that is %s serves: %s', (status, serves) => {
  expect(explainStatus(status).serves).toBe(serves);
  expect(explainStatus(status).meaning).not.toBe('');
});
