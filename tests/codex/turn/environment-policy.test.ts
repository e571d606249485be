import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedEnvironment } from '../../../scripts/codex/turn/environment-policy.ts';

const caller = { PATH: '/bin', HOME: '/h', MY_TOKEN: 't', AWS_REGION: 'eu', EDITOR: 'vi', JOB: 'ours' };

function names(policy: unknown): string[] {
  return Object.keys(allowedEnvironment(caller, policy, ['JOB']));
}

test('without a policy a thread gets its caller’s whole environment', () => {
  for (const policy of [undefined, null, {}, { inherit: null, exclude: null }, 'nonsense'])
    assert.deepEqual(allowedEnvironment(caller, policy, ['JOB']), caller);
});

test('the user’s policy decides what commands may see; our own variable stays', () => {
  const excluded = ['aws_*', 'EDI?OR', '[x', 'JOB'];
  assert.deepEqual(names({ exclude: excluded }), ['PATH', 'HOME', 'MY_TOKEN', 'JOB']);
  assert.deepEqual(names({ ignore_default_excludes: false }), [
    'PATH',
    'HOME',
    'AWS_REGION',
    'EDITOR',
    'JOB',
  ]);
  assert.deepEqual(names({ inherit: 'core' }), ['PATH', 'HOME', 'JOB']);
  assert.deepEqual(names({ inherit: 'none' }), ['JOB']);
});

test('a variable that the user sets for all commands is left to that', () => {
  assert.deepEqual(names({ set: { EDITOR: 'ed' } }), ['PATH', 'HOME', 'MY_TOKEN', 'AWS_REGION', 'JOB']);
});
