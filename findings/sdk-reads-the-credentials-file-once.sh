#!/bin/sh
# AWS SDK for JavaScript 3.1169.0 (@aws-sdk/client-ssm), Node 20.
#
# Expected: whoever makes a new client after ~/.aws/credentials was rewritten signs with the new keys: nothing of the old
# client is used again.
# Seen: the text of the file is kept for the whole process, for all clients. Only a provider that is given `ignoreCache`
# (`defaultProvider`, `fromIni`; the clients' own chain has no such option) reads it again.
#
#   first client: OLD
#   new client after the file was rewritten: OLD
#   with ignoreCache: NEW
#
# So a tool that runs for hours and "looks for fresh credentials" with a fresh client waits for ever for somebody who renews
# keys in that file, as several single sign-on tools of companies do.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @aws-sdk/client-ssm@3.1169.0 @aws-sdk/credential-provider-node@3.972.97
cat >look.mjs <<'SCRIPT'
import { writeFileSync } from 'node:fs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { defaultProvider } from '@aws-sdk/credential-provider-node';

const keys = (id) => writeFileSync('credentials', `[work]\naws_access_key_id = ${id}\naws_secret_access_key = secret\n`);
const find = async (more = {}) => {
  const client = new SSMClient({ region: 'eu-west-1', profile: 'work', ...more });
  return (await client.config.credentials()).accessKeyId;
};
keys('OLD');
console.log(`first client: ${await find()}`);
keys('NEW');
console.log(`new client after the file was rewritten: ${await find()}`);
const credentials = defaultProvider({ profile: 'work', ignoreCache: true });
console.log(`with ignoreCache: ${await find({ credentials })}`);
SCRIPT
expected='first client: OLD
new client after the file was rewritten: OLD
with ignoreCache: NEW'
seen=$(env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_SESSION_TOKEN -u AWS_PROFILE \
  AWS_SHARED_CREDENTIALS_FILE=credentials AWS_CONFIG_FILE=config node --no-warnings look.mjs)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed' >&2 && exit 1; }
