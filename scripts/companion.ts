import { main } from './faces/cli/main.ts';

void main(process.argv.slice(2), import.meta.filename).then((status) => {
  process.exitCode = status;
});
