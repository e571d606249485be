/** The workspace's broker: `node broker.mjs WORKSPACE-DIRECTORY BROKER-ID WORKSPACE-ROOT CODEX [CODEX-ARGS…]`. docs/broker.md */
import { dirname } from 'node:path';
import { runBroker } from './codex/broker/run-broker.ts';
import { readEnvironment } from './process/environment.ts';
import { onWarning } from './state/files/warnings.ts';
import { layoutAt } from './state/layout.ts';

const [directory, brokerId, workspaceRoot, command, ...args] = process.argv.slice(2);
if (
  directory === undefined ||
  brokerId === undefined ||
  workspaceRoot === undefined ||
  command === undefined
) {
  console.error('usage: broker.mjs WORKSPACE-DIRECTORY BROKER-ID WORKSPACE-ROOT CODEX [CODEX-ARGS…]');
  process.exit(2);
}
onWarning((message) => console.error(message));
const layout = layoutAt(dirname(dirname(directory)), workspaceRoot, directory);
// What the program wants in its environment is in ours already.
const program = { command, args, environment: {}, kind: 'native' as const };
await runBroker({ layout, brokerId, program, environment: readEnvironment() });
process.exit();
