// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Waiting with an end: every wait of the tests is for a fact, and says what it missed.
import { setTimeout as delay } from 'node:timers/promises';

const sentence = (what) => (typeof what === 'function' ? what() : what);

/** The promise's result, or an error that says what did not come. */
export function deadline(promise, ms, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${sentence(what)} (waited ${ms} ms)`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Polls what has no event: files, /proc, statistics. @return what `probe` returned when it was truthy */
export async function until(probe, ms, what, every = 50) {
  const end = performance.now() + ms;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (performance.now() > end) throw new Error(`${sentence(what)} (waited ${ms} ms)`);
    await delay(every);
  }
}
