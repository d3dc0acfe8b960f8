// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// What the server itself says about the work it does with media.
import assert from 'node:assert/strict';

/** Stages of an element's (or a whole pipeline's) format trees: { decode, encode }. */
export async function stages(client, object) {
  const dot = await client.invoke(object, 'getGstreamerDot');
  const count = (kind) => [...dot.matchAll(new RegExp(`\\b${kind}: `, 'g'))].length;
  return { decode: count('decode'), encode: count('encode'), dot };
}

export async function assertNotTranscoded(client, pipeline, elements) {
  const { decode, encode, dot } = await stages(client, pipeline);
  assert.ok(elements.every((id) => dot.includes(id)), `the picture of the pipeline does not show all elements:\n${dot}`);
  assert.equal(decode + encode, 0, `there is a decoder or an encoder:\n${dot}`);
  for (const id of elements) {
    const transcoding = client.events.find((e) => e.object === id && e.type === 'MediaTranscodingStateChanged' && e.data.state === 'TRANSCODING');
    assert.equal(transcoding, undefined, 'the server says that it transcodes');
    for (const mediaType of ['AUDIO', 'VIDEO']) assert.equal(await client.invoke(id, 'isMediaTranscoding', { mediaType }), false);
  }
  const errors = client.events.filter((e) => e.type === 'Error');
  assert.deepEqual(errors, [], 'error events');
}
