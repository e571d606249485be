import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  hasExpired,
  type NoticeEvidence,
  nextMove,
  noticeView,
  type Telling,
} from '../../../scripts/domain/notice/notice.ts';

const start = Date.parse('2026-11-21T10:00:00.000Z');
const after = (seconds: number) => new Date(start + seconds * 1000).toISOString();

function telling(change: Partial<Telling> = {}): Telling {
  return {
    ...{ number: 1, notice: 'n-0000000001', at: after(0), way: 'wake', session: 'mine', open: true },
    ...{ teller: 'dead', said: true },
    ...change,
  };
}

function move(change: Partial<NoticeEvidence> = {}) {
  return nextMove({
    ...{ ended: true, settled: false, tellings: [], received: false },
    ...{ asker: { session: 'mine', way: 'prompt' }, now: after(60) },
    ...change,
  });
}

const wake = { session: 'mine', way: 'wake' } as const;
const other = { session: 'other', way: 'start' } as const;
const twice = [telling(), telling({ number: 2 })];
const thrice = [...twice, telling({ number: 3 })];

const cases: [string, Partial<NoticeEvidence>, object][] = [
  ['a job that lives owes nothing yet', { ended: false }, { kind: 'none', why: 'not-ended' }],
  ['an end is told', {}, { kind: 'tell', number: 1, mayRepeat: false }],
  ['what is settled is never told again', { settled: true }, { kind: 'none', why: 'settled' }],
  ['a receipt settles', { tellings: [telling()], received: true }, { kind: 'settle', by: 'receipt' }],
  [
    'while somebody is telling, nobody else does',
    { tellings: [telling({ said: false, teller: 'alive' })] },
    { kind: 'none', why: 'being-told' },
  ],
  [
    'one who died before he spoke told nobody',
    { tellings: [telling({ said: false })] },
    { kind: 'tell', number: 2, mayRepeat: false },
  ],
  [
    'one who died before he spoke, after another who had spoken',
    { tellings: [telling(), telling({ number: 2, said: false })] },
    { kind: 'tell', number: 3, mayRepeat: true },
  ],
  [
    'a teller on another machine is waited for',
    { tellings: [telling({ said: false, teller: 'unprovable' })] },
    { kind: 'none', why: 'being-told' },
  ],
  [
    'a teller on another machine is not waited for for ever',
    { tellings: [telling({ said: false, teller: 'unprovable' })], now: after(700) },
    { kind: 'tell', number: 2, mayRepeat: true },
  ],
  ['said without a receipt', { tellings: [telling()] }, { kind: 'tell', number: 2, mayRepeat: true }],
  ['said a moment ago', { tellings: [telling()], now: after(10) }, { kind: 'none', why: 'awaiting-receipt' }],
  [
    'a client that was woken in a long command is not woken again',
    { tellings: [telling()], asker: wake, now: after(600) },
    { kind: 'none', why: 'awaiting-receipt' },
  ],
  [
    'another session does not tell what one that is open has yet to take in',
    { tellings: [telling()], asker: other, now: after(600) },
    { kind: 'none', why: 'awaiting-receipt' },
  ],
  [
    'another session does not wait for the receipt of one that is over',
    { tellings: [telling({ open: false })], asker: other, now: after(1) },
    { kind: 'tell', number: 2, mayRepeat: true },
  ],
  [
    'a clock that was set back makes nothing young',
    { tellings: [telling()], now: after(-86_400) },
    { kind: 'tell', number: 2, mayRepeat: true },
  ],
  ['twice without a receipt', { tellings: twice }, { kind: 'tell', number: 3, mayRepeat: true }],
  ['three times without a receipt is enough', { tellings: thrice }, { kind: 'settle', by: 'unconfirmed' }],
];

for (const [name, evidence, expected] of cases) test(name, () => assert.deepEqual(move(evidence), expected));

test('what status shows of a notice', () => {
  const at = after(0);
  assert.equal(noticeView(null, [], false), null);
  assert.deepEqual(noticeView(null, [], true), { state: 'owed', tellings: 0, at: null });
  assert.deepEqual(noticeView(null, [telling({ said: false })], true), {
    state: 'owed',
    tellings: 0,
    at: null,
  });
  assert.deepEqual(noticeView(null, twice, true), { state: 'told', tellings: 2, at });
  assert.deepEqual(noticeView({ by: 'receipt', at }, [telling()], false), {
    state: 'delivered',
    tellings: 1,
    at,
  });
  assert.deepEqual(noticeView({ by: 'read', at }, [], false), { state: 'read', tellings: 0, at });
  assert.deepEqual(noticeView({ by: 'unconfirmed', at }, thrice, false), { state: 'told', tellings: 3, at });
});

test('a notice that nobody comes for expires after two weeks', () => {
  assert.equal(hasExpired(after(0), after(13 * 86_400)), false);
  assert.equal(hasExpired(after(0), after(15 * 86_400)), true);
});
