#!/usr/bin/env node
// Runs the program that the package of this platform carries, and ends as it does.
'use strict';

const { spawn } = require('node:child_process');
const { constants } = require('node:os');

const name = `@lgdl/cli-${process.platform}-${process.arch}`;
let program;
try {
  program = require.resolve(`${name}/bin/lgdl`);
} catch {
  console.error(`lgdl: there is no program for ${process.platform} on ${process.arch}: the package ${name} is not installed`);
  process.exit(1);
}

const child = spawn(program, process.argv.slice(2), { stdio: 'inherit' });
// The terminal tells the program, too; who tells us alone means it.
for (const signal of ['SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal));
}
process.on('SIGINT', () => {});
child.on('error', (error) => {
  console.error(`lgdl: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  process.exit(signal ? 128 + constants.signals[signal] : code);
});
