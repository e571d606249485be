/** What the agent's own command has on stdin, in the real Claude Code, is the input of the job that it asks for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installClients } from '../../support/real/clients.ts';
import { tmuxMissing } from '../../support/real/tmux.ts';
import { realWorld } from '../../support/real/world.ts';

const clients = await installClients();

/** Each command, and what its job says of its input; the workspace has a README.md with one line. */
const commands: Record<string, { command: string; says: RegExp }> = {
  'a here-document': {
    command: `codex-companion run -- bash <<'EOF'\necho "sum $((40 + 2))"\necho 'a & b'\nEOF`,
    says: /sum 42\na & b/,
  },
  'a file': { command: 'codex-companion run -- cat < README.md', says: /# A project/ },
  'a pipe': { command: `printf 'one\\ntwo\\n' | codex-companion run -- wc -l`, says: /^\s*2$/m },
  'nothing, as the host leaves it': { command: 'codex-companion run -- wc -c', says: /^\s*0$/m },
};

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  for (const [version, program] of Object.entries(clients.claudes)) {
    test(`claude ${version}: a here-document, a file and a pipe of the agent's Bash are its job's input`, {
      skip: tmuxMissing(),
    }, async (t) => {
      await using world = await realWorld(clients, program);
      await using session = await world.startSession();
      for (const [name, { command, says }] of Object.entries(commands)) {
        const told = await world.bash(session, command);
        t.diagnostic(`${name}: ${JSON.stringify(told)}`);
        assert.match(told, says, name);
      }
      const background = await world.bash(
        session,
        `codex-companion run --background --json -- sort <<'EOF'\nzwei\neins\nEOF`,
      );
      const { jobId } = JSON.parse(background);
      await world.cli('wait', jobId);
      assert.equal((await world.cli('logs', jobId)).stdout, 'eins\nzwei\n');
      const task = await world.bash(
        session,
        `echo '[[say:HEARD-IT]] the words on stdin' | codex-companion task 'the words before'`,
      );
      assert.match(task, /HEARD-IT/);
      const { prompt } = world.codexModel.requests.at(-1) ?? {};
      assert.match(prompt ?? '', /the words before[\s\S]*the words on stdin/);
      assert.equal(await session.exit(), 0);
    });
  }
}
