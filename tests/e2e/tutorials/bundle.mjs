// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// One script for a page out of a package for Node, as bundlers do: each file a function, found by its name.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';

/** @param global name under which the page finds what the package exports */
export function bundle(entry, global) {
  const files = new Map();
  const add = (file) => {
    if (files.has(file)) return;
    const source = readFileSync(file, 'utf8');
    const links = {};
    files.set(file, { source, links });
    if (file.endsWith('.json')) return;
    const { resolve } = createRequire(file);
    for (const [, name] of source.matchAll(/\brequire\(\s*['"]([^'"]+)['"]\s*\)/g)) {
      try {
        // What is built into Node, a page has from a package of the same name.
        links[name] = inBrowser(isBuiltin(name) ? resolve(`${name}/`) : resolve(name));
      } catch { continue; }  // packages may ask for what is not there, and catch that
      add(links[name]);
    }
  };
  add(entry);
  const modules = [...files].map(([file, { source, links }]) =>
    `${JSON.stringify(file)}: [function (require, module, exports) {${file.endsWith('.json') ? `module.exports = ${source}` : source}\n}, ${JSON.stringify(links)}]`);
  return `(() => {
const files = {${modules.join(',\n')}};
const loaded = {};
function load(file) {
  if (loaded[file]) return loaded[file].exports;
  const module = loaded[file] = { exports: {} };
  const [run, links] = files[file];
  run.call(module.exports, (name) => { if (!links[name]) throw new Error('no module ' + name); return load(links[name]); }, module, module.exports);
  return module.exports;
}
window.${global} = load(${JSON.stringify(entry)});
})();`;
}

/** Packages may have another file for browsers. */
function inBrowser(file) {
  for (let folder = path.dirname(file); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const description = path.join(folder, 'package.json');
    if (!existsSync(description)) continue;
    const { browser } = JSON.parse(readFileSync(description, 'utf8'));
    if (typeof browser === 'string' && createRequire(description).resolve('.') === file) return path.join(folder, browser);
    const other = typeof browser === 'object' && browser[`./${path.relative(folder, file)}`];
    return other ? path.join(folder, other) : file;
  }
  return file;
}
