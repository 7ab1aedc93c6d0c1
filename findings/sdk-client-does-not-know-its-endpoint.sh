#!/bin/sh
# AWS SDK for JavaScript 3.1169.0 (@aws-sdk/client-ssm), Node 20.
#
# Expected: a client tells by its configuration whether it calls an endpoint of the user's (`config.isCustomEndpoint`,
# `config.endpoint`), at the latest when it has made a call.
# Seen: with an endpoint from AWS_ENDPOINT_URL_SSM, AWS_ENDPOINT_URL or `endpoint_url` of a profile the calls go there, and
# the configuration goes on saying that there is none, since each call works on a copy of it. Only an endpoint that was given
# to the constructor shows. `config.serviceConfiguredEndpoint()` gives the other one.
#
#   calls at the endpoint: 1
#   isCustomEndpoint: false, endpoint: undefined
#   serviceConfiguredEndpoint: the same
#
# So code that trusts hosts by "what the client was configured with" refuses every emulator that is set by a variable.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @aws-sdk/client-ssm@3.1169.0
cat >look.mjs <<'SCRIPT'
import { once } from 'node:events';
import { createServer } from 'node:http';
import { DescribeSessionsCommand, SSMClient } from '@aws-sdk/client-ssm';

let calls = 0;
const server = createServer((_request, response) => {
  calls += 1;
  response.setHeader('content-type', 'application/x-amz-json-1.1').end('{"Sessions":[]}');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}`;
process.env.AWS_ENDPOINT_URL_SSM = url;
const ssm = new SSMClient({ region: 'eu-west-1' });
await ssm.send(new DescribeSessionsCommand({ State: 'Active' }));
console.log(`calls at the endpoint: ${calls}`);
console.log(`isCustomEndpoint: ${ssm.config.isCustomEndpoint}, endpoint: ${ssm.config.endpoint}`);
const found = await ssm.config.serviceConfiguredEndpoint();
console.log(`serviceConfiguredEndpoint: ${found === url ? 'the same' : found}`);
server.close();
server.closeAllConnections();
SCRIPT
expected='calls at the endpoint: 1
isCustomEndpoint: false, endpoint: undefined
serviceConfiguredEndpoint: the same'
seen=$(AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_CONFIG_FILE=config node --no-warnings look.mjs)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed' >&2 && exit 1; }
