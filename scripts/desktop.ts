/** Shows a job's end on the desktop: `node desktop.mjs JOB-DIRECTORY`, started at its end where that is asked for. */
import { readEnvironment } from './process/environment.ts';
import { showOnDesktop } from './use-cases/notices/tellers/show-on-desktop.ts';

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  console.error('usage: desktop.mjs JOB-DIRECTORY');
  process.exit(2);
}
try {
  const said = await showOnDesktop(directory, readEnvironment());
  if (said !== '') console.error(said);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
