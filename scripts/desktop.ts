/** Shows a job's end on the desktop: `node desktop.mjs JOB-DIRECTORY`, started at its end where that is asked for. */
import { showOnDesktop } from './use-cases/notices/ways/show-on-desktop.ts';

/** A desktop that does not answer must not keep this process. */
const LIMIT_MS = 60_000;

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  console.error('usage: desktop.mjs JOB-DIRECTORY');
  process.exit(2);
}
setTimeout(() => process.exit(1), LIMIT_MS).unref();
try {
  await showOnDesktop(directory);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
