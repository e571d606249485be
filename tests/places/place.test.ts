import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aJobRequest } from '../../scripts/domain/job/parse-job.ts';
import { PLACE_NAMES } from '../../scripts/domain/job/place.ts';
import { PLACES } from '../../scripts/places/places.ts';
import { until } from '../support/wait.ts';
import { aWorkspace } from '../support/world.ts';

const identity = { machine: 'm', boot: 'b', pidNamespace: 'n', pid: 4711, start: '1' };
const request = {
  version: 1,
  id: 'run-abcdefgh-ijklmnop',
  kind: 'run',
  title: 'Shell command',
  summary: 'true',
  background: true,
  createdAt: '2026-01-01T00:00:00.000Z',
  workspaceRoot: '/w',
  cwd: '/w',
  origin: null,
  limits: { deadlineSeconds: 0, stallSeconds: 0 },
  enqueuedBy: identity,
  node: '/node',
  runtime: '/runtime',
  spec: { argv: ['true'] },
};

test('a request of release 1.1.0, which knew no place, is read as one for this machine, or for its scope', () => {
  assert.equal(aJobRequest(request, 'request').place, 'local');
  const scoped = { ...request, spec: { argv: ['true'], scope: true } };
  assert.equal(aJobRequest(scoped, 'request').place, 'scope');
});

test('a place that this version does not know is refused by its name', () => {
  assert.throws(() => aJobRequest({ ...request, place: 'gpu' }, 'request'), {
    message: `request.place is "gpu", a place that this version does not know (it knows ${PLACE_NAMES.join(', ')})`,
  });
});

test('run --on takes the places that there are, and stamps the one it was given on the job', async () => {
  await using world = await aWorkspace();
  const unknown = await world.cli('run', '--on', 'moon', '--background', '--', 'true');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /--on "moon" is not known\./);
  assert.ok(unknown.stderr.includes(`--on ${PLACE_NAMES.join('|')}`), unknown.stderr);
  const both = await world.cli('run', '--on', 'local', '--scope', '--', 'true');
  assert.equal(both.code, 2);
  const { code } = await world.cli('run', '--on', 'local', '--', 'true');
  assert.equal(code, 0);
  const { latestFinished } = JSON.parse((await world.cli('status', '--json')).stdout);
  const { facts } = world.reading(latestFinished.id);
  assert.equal(facts.request.place, 'local');
});

test('what a place starts is seen, stopped and gone, on this machine', async () => {
  await using world = await aWorkspace();
  const started = await world.cli('run', '--background', '--json', '--', 'sh', '-c', 'sleep 600 & wait');
  const { jobId } = JSON.parse(started.stdout);
  const { facts } = await world.untilStage(jobId, 'running');
  const place = PLACES[facts.request.place];
  assert.equal(place.sight(facts).recorder, 'alive');
  // Its own session, then the shell, then what that starts.
  await until('the command and its child run', () =>
    place.processes(facts).some(({ name }) => name === 'sleep'),
  );
  const found: string[] = [];
  const { stopped, left } = await place.stop(facts, {
    ...{ signal: 'SIGTERM', graceMs: 5_000, killMs: 5_000 },
    onFound: (them) => found.push(...them.map(({ name }) => name)),
  });
  assert.deepEqual({ left, found: found.sort() }, { left: [], found: ['sh', 'sleep'] });
  assert.equal(stopped.length, 2);
  assert.deepEqual(place.processes(facts), []);
});
