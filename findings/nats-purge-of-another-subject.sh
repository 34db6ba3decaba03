#!/usr/bin/env bash
# nats-server 2.9.10 (Debian 12's package) with @nats-io/transport-node and @nats-io/jetstream 3.4.0.
# One would expect: purging one subject of a stream changes nothing for messages of other subjects; those that were given out
# and not acknowledged are given out again after ack_wait.
# Seen (29 November 2026): after a purge of jobs.a the pending messages of jobs.b stay in the stream, and neither are they given
# out again nor do they count as waiting for an acknowledgement. Deleting the messages of jobs.a one by one does no harm. The
# same with the retention policies workqueue and limits.
# Why it matters: a run that takes its own jobs back by their subject strands the jobs of every other run on that stream,
# where a worker of theirs has died.
# Exit code 0: still so. 1: it changed.
set -euo pipefail
work=$(mktemp -d) && trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT && cd "$work"
apt-get download -qq nats-server=2.9.10-1+b3 && dpkg -x nats-server_*.deb .
npm init -y >/dev/null && npm install --silent @nats-io/transport-node@3.4.0 @nats-io/jetstream@3.4.0 2>/dev/null
cat >purge.mjs <<'JS'
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

const nc = await connect({ servers: process.argv[2] });
const [js, jsm] = [jetstream(nc), await jetstreamManager(nc)];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function givenAgain(retention, removeA) {
  await jsm.streams.add({ name: 'JOBS', subjects: ['jobs.*'], retention, storage: 'file' });
  await jsm.consumers.add('JOBS', { durable_name: 'w', ack_policy: 'explicit', ack_wait: 1e9, max_deliver: 5 });
  for (const subject of ['jobs.a', 'jobs.a', 'jobs.b', 'jobs.b']) await js.publish(subject, 'x');
  const consumer = await js.consumers.get('JOBS', 'w');
  const take = async (expires) => {
    const subjects = new Set();
    for await (const message of await consumer.fetch({ max_messages: 4, expires })) subjects.add(message.subject);
    return [...subjects].sort().join(' ') || 'nothing';
  };
  const first = await take(1000);
  await removeA();
  await sleep(1500);
  const again = await take(3000);
  const { state } = await jsm.streams.info('JOBS', { subjects_filter: '>' });
  const { num_ack_pending } = await (await js.consumers.get('JOBS', 'w')).info();
  await jsm.streams.delete('JOBS');
  return `given out ${first}; again ${again}; of jobs.b ${state.subjects['jobs.b']} kept, ${num_ack_pending > 0 ? 'waited for' : 'not waited for'}`;
}

const one = async () => {
  for (const seq of [1, 2]) await jsm.streams.deleteMessage('JOBS', seq);
};
for (const retention of ['workqueue', 'limits']) {
  console.log(`${retention}, nothing removed: ${await givenAgain(retention, async () => {})}`);
  console.log(`${retention}, jobs.a purged: ${await givenAgain(retention, () => jsm.streams.purge('JOBS', { filter: 'jobs.a' }))}`);
  console.log(`${retention}, jobs.a deleted one by one: ${await givenAgain(retention, one)}`);
}
await nc.close();
JS
port=$((20000 + RANDOM % 20000))
./usr/sbin/nats-server -js -sd store -a 127.0.0.1 -p "$port" >server.log 2>&1 &
server=$!
sleep 1
node purge.mjs "nats://127.0.0.1:$port" | tee seen
diff seen - <<'SEEN'
workqueue, nothing removed: given out jobs.a jobs.b; again jobs.a jobs.b; of jobs.b 2 kept, waited for
workqueue, jobs.a purged: given out jobs.a jobs.b; again nothing; of jobs.b 2 kept, not waited for
workqueue, jobs.a deleted one by one: given out jobs.a jobs.b; again jobs.b; of jobs.b 2 kept, waited for
limits, nothing removed: given out jobs.a jobs.b; again jobs.a jobs.b; of jobs.b 2 kept, waited for
limits, jobs.a purged: given out jobs.a jobs.b; again nothing; of jobs.b 2 kept, not waited for
limits, jobs.a deleted one by one: given out jobs.a jobs.b; again jobs.b; of jobs.b 2 kept, waited for
SEEN
