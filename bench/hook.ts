import { join } from 'node:path';
import { pluginOf } from '../tests/support/hosts/hooks.ts';
import { aWorkspace } from '../tests/support/world.ts';
import { ratio } from './measure.ts';
import { runIn } from './programs.ts';
import type { Figure } from './table.ts';

/** What the hooks add to a session's start and end, and to each command of the agent's shell. */
export async function hook(): Promise<Figure[]> {
  await using world = await aWorkspace();
  const file = join(pluginOf(world), 'hooks/session-hook.sh');
  const env = { ...world.env, CLAUDE_CODE_SESSION_ID: 'bench' };
  const call = (event: string, fields: object) => {
    const input = JSON.stringify({
      ...{ session_id: 'bench', hook_event_name: event, cwd: world.workspace },
      ...fields,
    });
    return {
      hook: () => runIn(world, 'sh', [file, 'claude-code', event], { input, env }),
      cat: () => runIn(world, 'sh', ['-c', 'cat >/dev/null'], { input }),
    };
  };
  const before = (command: string) =>
    call('PreToolUse', {
      ...{ tool_use_id: 'toolu_1', tool_name: 'Bash' },
      tool_input: { command, description: 'A command' },
    });
  const node = () => runIn(world, process.execPath, ['-e', '0']);
  const over = call('SessionEnd', { reason: 'other' });
  const plain = ['npm test', 'cd app && npm test 2>&1 | tail -40'];
  return [
    ratio('SessionEnd hook, nothing to do', 'sh -c "cat >/dev/null"', [over.hook, over.cat]),
    ...plain.map((command) => {
      const { hook, cat } = before(command);
      return ratio(`PreToolUse hook, ${command}`, 'sh -c "cat >/dev/null"', [hook, cat]);
    }),
    ratio('PreToolUse hook, npm run dev &', 'node -e 0', [before('npm run dev &').hook, node]),
    ratio('SessionStart hook', 'node -e 0', [call('SessionStart', { source: 'startup' }).hook, node]),
  ];
}
