// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0

// A worker that says when the next frame of the test picture is due.
onmessage = ({data: period}) => setInterval(() => postMessage(null), period);
