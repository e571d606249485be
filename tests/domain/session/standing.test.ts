/** Every combination of what is known of a session's clients. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Liveness, ProcessIdentity } from '../../../scripts/domain/base/identity.ts';
import {
  endsWith,
  isDoneWith,
  replaces,
  type SeenClient,
  type Standing,
  standingFrom,
  type WhyOver,
  whyOver,
} from '../../../scripts/domain/session/standing.ts';

const process = (pid: number): ProcessIdentity => ({
  ...{ machine: 'm', boot: 'b', pidNamespace: 'n' },
  ...{ pid, start: '99' },
});
const [t1, t2] = [process(101), process(102)];

/** What may be known of one client, in a word. */
const clients: Record<string, Omit<SeenClient, 'client'>> = {
  alive: { life: 'alive', ended: false },
  dead: { life: 'dead', ended: false },
  elsewhere: { life: 'unprovable', ended: false },
  unseen: { life: null, ended: false },
  // Its client lives on: after /clear, or right before its exit.
  ended: { life: 'alive', ended: true },
  gone: { life: 'dead', ended: true },
  'unseen and ended': { life: null, ended: true },
  'elsewhere and ended': { life: 'unprovable', ended: true },
};

const open: Standing = 'open';
const over: Standing = 'over';
const unknown: Standing = 'unknown';

const alone: Record<string, Standing> = {
  alive: open,
  dead: over,
  elsewhere: unknown,
  unseen: unknown,
  ended: over,
  gone: over,
  'unseen and ended': over,
  'elsewhere and ended': over,
};

function seen(...words: string[]): SeenClient[] {
  return words.map((word, at) => ({
    client: process(101 + at),
    ...(clients[word] as Omit<SeenClient, 'client'>),
  }));
}

test('a session that nobody noted is unknown, which is not open', () => {
  assert.equal(standingFrom([]), unknown);
});

for (const [word, standing] of Object.entries(alone)) {
  test(`with one client, ${word}, a session is ${standing}`, () => {
    assert.equal(standingFrom(seen(word)), standing);
  });
}

for (const first of Object.keys(clients))
  for (const second of Object.keys(clients)) {
    const expected = ofTwo(first, second);
    test(`with two clients, ${first} and ${second}, it is ${expected}`, () => {
      assert.equal(standingFrom(seen(first, second)), expected);
    });
  }

/** Open where one has it open; over where all have ended it or are dead; one that nobody could find is passed over. */
function ofTwo(first: string, second: string): Standing {
  if (first === 'unseen') return alone[second] as Standing;
  if (second === 'unseen') return alone[first] as Standing;
  const both = [alone[first], alone[second]];
  if (both.includes(open)) return open;
  return both.includes(unknown) ? unknown : over;
}

const DAY_MS = 86_400_000;
/** Is done with when it was started this many days ago: never, always, or from then on. */
const doneWith: Record<string, boolean | number> = {
  ...{ alive: false, dead: true, elsewhere: false, unseen: 14 },
  ...{ ended: true, gone: true, 'unseen and ended': true, 'elsewhere and ended': true },
};

for (const [word, days] of Object.entries(doneWith)) {
  test(`a session with one client, ${word}, and owed nothing, ${days ? 'goes' : 'stays'}`, () => {
    const expected = [0, 13, 15].map((age) => (typeof days === 'number' ? age > days : days));
    assert.deepEqual(
      [0, 13, 15].map((age) => isDoneWith(seen(word), age * DAY_MS)),
      expected,
    );
  });
}

/** The client that asked for a foreground job, in a word or `null`; the session's other clients; what becomes of the job. */
const jobs: [asker: string | null, others: string[], why: WhyOver | null][] = [
  ['alive', [], null],
  ['ended', [], 'ended'],
  ['dead', [], 'died'],
  ['gone', [], 'ended'],
  ['elsewhere', [], null],
  ['elsewhere and ended', [], 'ended'],
  // Closing one is no matter of the other's job.
  ['alive', ['ended'], null],
  ['alive', ['dead'], null],
  ['ended', ['alive'], 'ended'],
  // Killed, and resumed in another one: its job goes on with the session.
  ['dead', ['alive'], null],
  ['dead', ['ended'], 'ended'],
  ['dead', ['dead'], 'died'],
  ['dead', ['elsewhere'], null],
  ['dead', ['unseen'], 'died'],
  ['dead', ['ended', 'alive'], null],
  [null, [], null],
  [null, ['alive'], null],
  [null, ['ended'], 'ended'],
  [null, ['dead'], 'died'],
  [null, ['unseen'], null],
  [null, ['unseen and ended'], 'ended'],
  [null, ['ended', 'alive'], null],
];

for (const [asker, others, why] of jobs) {
  const session = others.length > 0 ? `, of a session with one that is ${others.join(' and ')},` : '';
  test(`a foreground job of a client that is ${asker ?? 'not known'}${session} ${why ? `is over: ${why}` : 'goes on'}`, () => {
    const [own] = asker === null ? [null] : seen(asker);
    const rest = seen(...others).map((one, at) => ({ ...one, client: process(201 + at) }));
    const all = own ? [own, ...rest] : rest;
    assert.equal(whyOver(own?.client ?? null, own?.life ?? null, all), why);
  });
}

test('a client that no hook has noted counts by its life', () => {
  assert.equal(whyOver(t1, 'alive', []), null);
  assert.equal(whyOver(t1, 'dead', []), 'died');
  assert.equal(whyOver(t1, 'unprovable', []), null);
  assert.equal(
    whyOver(
      t1,
      'dead',
      seen('alive').map((one) => ({ ...one, client: t2 })),
    ),
    null,
  );
});

const askers: Record<string, [ProcessIdentity | null, Liveness | null]> = {
  'the same client': [t1, 'alive'],
  'another one that lives': [t2, 'alive'],
  'another one that is dead': [t2, 'dead'],
  'one on another machine': [t2, 'unprovable'],
  nobody: [null, null],
};

for (const [word, [asker, life]] of Object.entries(askers)) {
  const stays = word === 'another one that lives';
  test(`when a client ends its session, a job that ${word} asked for ${stays ? 'stays' : 'ends'}`, () => {
    assert.equal(endsWith(asker, life, t1), !stays);
  });
}

test('where nobody knows which client it was, a living one keeps its job', () => {
  assert.deepEqual(
    Object.values(askers).map(([asker, life]) => endsWith(asker, life, null)),
    [false, false, true, true, true],
  );
});

test('Claude Code has one conversation in a process; Codex many', () => {
  const one = { host: 'claude-code', sessionId: 'a', client: t1 } as const;
  assert.equal(replaces({ ...one, sessionId: 'b' }, one), true);
  assert.equal(replaces(one, one), false);
  assert.equal(replaces({ ...one, sessionId: 'b', client: t2 }, one), false);
  assert.equal(replaces({ ...one, sessionId: 'b', client: null }, { ...one, client: null }), false);
  assert.equal(replaces({ ...one, sessionId: 'b', host: 'codex' }, { ...one, host: 'codex' }), false);
  assert.equal(replaces({ ...one, sessionId: 'b', host: 'codex' }, one), false);
});
