/**
 * What tools print, whole, and beside it what an extract tells of it (`NAME.expected`). `made`: 'run', as the tool of that version
 * printed it, in /home/me/shop and below; 'shape', written after what the tool is documented to print. Passing lines with "error" and
 * "0 failed" in them, and errors that passing tests print, are in most of them.
 */
export interface Printed {
  name: string;
  by: string;
  made: 'run' | 'shape';
  /** how the command ended */
  failed: boolean;
}

const run = (name: string, by: string, failed = true): Printed => ({ name, by, made: 'run', failed });
const shape = (name: string, by: string): Printed => ({ name, by, made: 'shape', failed: true });

export const PRINTED: readonly Printed[] = [
  run('node-test-tap', 'node --test, Node 20.20, through a pipe'),
  run('node-test-spec', 'node --test --test-reporter=spec, Node 20.20'),
  run('vitest', 'vitest 4.1'),
  run('jest', 'jest 30'),
  run('mocha', 'mocha 11'),
  run('pytest', 'pytest 9.0'),
  run('pytest-short', 'pytest 9.0 -q --tb=short'),
  run('unittest', 'python3.11 -m unittest'),
  run('go-test', 'go 1.19 test'),
  run('go-test-v', 'go 1.19 test -v'),
  run('go-test-panic', 'go 1.19 test, with a panic'),
  run('go-build', 'go 1.19 build'),
  run('cargo-test', 'cargo 1.95 test, RUST_BACKTRACE=1'),
  run('cargo-build', 'cargo 1.95 build'),
  run('gcc-make', 'make 4.3 with gcc 12.2'),
  run('gcc-link', 'gcc 12.2, ld'),
  run('clang', 'clang 14'),
  run('cmake', 'cmake 3.25'),
  run('tsc', 'tsc 6, through a pipe'),
  run('tsc-pretty', 'tsc --pretty'),
  run('eslint', 'eslint 9'),
  run('biome', 'biome 2 lint'),
  run('mypy', 'mypy 1.0'),
  run('maven', 'maven 3.8 with surefire 2.22'),
  run('gradle', 'gradle 4.4'),
  run('javac', 'javac 17'),
  run('java-stack', 'java 17'),
  run('rspec', 'rspec 3.12'),
  run('ruby', 'ruby 3.1'),
  run('phpunit', 'phpunit 9.6'),
  run('php', 'php 8.2'),
  run('prove', 'prove, perl 5.36'),
  run('perl-tap', 'perl 5.36, Test::More'),
  run('python', 'python 3.11'),
  run('node-listen', 'node 20.20, a port that is taken'),
  run('node-stack', 'node 20.20, an error with a cause'),
  run('npm-install', 'npm install'),
  run('npm-script', 'npm run with a script that is not there'),
  run('npm-test', 'npm test of a silent failure'),
  run('pnpm-add', 'pnpm 12 add'),
  run('pnpm-test', 'pnpm 12 test of a silent failure'),
  run('bash', 'bash -e'),
  run('bash-x', 'bash -ex'),
  run('terraform', 'terraform 1.11 plan -no-color'),
  shape('terraform-framed', 'terraform apply'),
  shape('docker-build', 'docker build --progress=plain'),
  shape('ruff', 'ruff check'),
  shape('gtest', 'GoogleTest'),
  run('passed-node-test', 'node --test, Node 20.20', false),
  run('passed-vitest', 'vitest 4.1 -t', false),
  run('passed-pytest', 'pytest 9.0 -v', false),
  run('passed-cargo-test', 'cargo 1.95 test', false),
  run('passed-go-test', 'go 1.19 test -v', false),
];
