/** Bytes that are no UTF-8 arrive as they are, or are refused by name. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { aWorkspace } from '../../support/world.ts';

const ODD = `"$(printf 'caf\\351')"`;

test('a variable that is no UTF-8 is refused by its name, in the foreground and in the background', async () => {
  await using world = await aWorkspace();
  for (const args of ['', '--background']) {
    const line = `export ODD=${ODD} EVEN=ä; cc run --json ${args} -- printenv ODD`;
    const { code, json } = await world.shell(line);
    assert.deepEqual([code, json.error.code], [2, 'usage']);
    assert.match(json.error.message, /environment as ODD is not UTF-8 text/);
    assert.match(json.error.hint, /env -u ODD codex-companion/);
  }
  assert.equal(existsSync(world.stateRoot), false);
  const replaced = await world.shell(`MEANT="$(printf '\\357\\277\\275')" cc run -- printenv MEANT`);
  assert.deepEqual([replaced.code, replaced.stdout], [0, '\uFFFD\n']);
});

test('a directory and a file of such a name are refused as that, not as missing', async () => {
  await using world = await aWorkspace();
  const make = `mkdir ${ODD}; echo x >${ODD}/${ODD};`;
  for (const line of [
    `${make} cd ${ODD} && cc status --json`,
    `cc status --json --cwd ${ODD}`,
    `cc run --json --stdin ${ODD}/${ODD} -- cat`,
    `cc task --json --prompt-file ${ODD}/${ODD}`,
  ]) {
    const { code, json } = await world.shell(line);
    assert.deepEqual([code, json.error.code], [2, 'usage'], line);
    assert.match(json.error.message, /not UTF-8 text: .*caf\uFFFD/, line);
  }
});
