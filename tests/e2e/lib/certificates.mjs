// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Certificates of the test's own, made by openssl: a root, and servers that it vouches for.
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });

export class Authority {
  #serial = 1;

  constructor(directory) {
    this.directory = directory;
    this.certificate = path.join(directory, 'root.pem');
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj', '/CN=Test root',
      '-keyout', path.join(directory, 'root.key'), '-out', this.certificate);
  }
  /** What a client must trust. */
  get pem() { return readFileSync(this.certificate, 'utf8'); }

  /** Files {certificate, key}. @param name in the subject, by which tests tell certificates apart */
  issue(name, { password } = {}) {
    const file = (end) => path.join(this.directory, `${name}.${end}`);
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-subj', `/CN=${name}`, '-keyout', file('key'), '-out', file('csr'),
      ...(password ? ['-passout', `pass:${password}`] : ['-nodes']));
    writeFileSync(file('ext'), 'subjectAltName=DNS:localhost,DNS:media.test,IP:127.0.0.1\n');
    openssl('x509', '-req', '-in', file('csr'), '-CA', this.certificate, '-CAkey', path.join(this.directory, 'root.key'),
      '-set_serial', String(this.#serial++), '-days', '20', '-extfile', file('ext'), '-out', file('pem'));
    return { certificate: file('pem'), key: file('key') };
  }
}

/** Puts a file's content in the place of another at once, as tools that renew certificates do. */
export function replaceFile(target, content) {
  writeFileSync(`${target}.new`, content);
  renameSync(`${target}.new`, target);
}
