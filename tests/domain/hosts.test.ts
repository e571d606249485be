import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aHostName, HOST_NAMES } from '../../scripts/domain/base/hosts.ts';

test('a host that is not in the table is refused by its name, with those that are', () => {
  for (const name of HOST_NAMES) assert.equal(aHostName(name, 'it'), name);
  assert.throws(() => aHostName('gemini', 'origin.host'), {
    message: `origin.host is "gemini", a host that this version does not know (it knows ${HOST_NAMES.join(', ')})`,
  });
  for (const name of ['', 'constructor', 'Codex', 7, null, undefined, ['codex']])
    assert.throws(() => aHostName(name, 'origin.host'), /^Malformed: origin\.host is /);
});

test('no host’s name is the beginning of another’s: a session’s directory tells its host', () => {
  const beginnings = HOST_NAMES.flatMap((name) =>
    HOST_NAMES.filter((other) => other !== name && `${other}-`.startsWith(`${name}-`)),
  );
  assert.deepEqual(beginnings, []);
});
