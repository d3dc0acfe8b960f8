// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0

// The numbers under a picture, once a second, from RTCPeerConnection.getStats().

const rate = (bits) => bits >= 1e6 ? `${(bits / 1e6).toFixed(2)} Mbit/s` : `${Math.round(bits / 1e3)} kbit/s`;

/** @return rows {what, codec, size, fps, rate, loss}, newest numbers against those of `before` */
function rows(report, before) {
    const found = [];
    report.forEach((now) => {
        const sent = now.type === 'outbound-rtp';
        if (!sent && now.type !== 'inbound-rtp') return;
        const then = before?.get(now.id);
        const bytes = sent ? 'bytesSent' : 'bytesReceived';
        const seconds = then && (now.timestamp - then.timestamp) / 1000;
        const lost = now.packetsLost ?? 0;
        const all = lost + (now.packetsReceived ?? 0);
        found.push({
            what: `${sent ? 'sent' : 'received'} ${now.kind}`,
            codec: report.get(now.codecId)?.mimeType.split('/')[1] ?? '–',
            size: now.frameWidth ? `${now.frameWidth}×${now.frameHeight}` : '–',
            fps: now.framesPerSecond ?? '–',
            rate: seconds > 0 ? rate((now[bytes] - then[bytes]) * 8 / seconds) : '–',
            loss: sent || !all ? '–' : `${(100 * Math.max(0, lost) / all).toFixed(1)} %`,
        });
    });
    return found.sort((a, b) => a.what < b.what ? 1 : -1);
}

function roundTrip(report) {
    let ms;
    report.forEach((pair) => {
        if (pair.type === 'candidate-pair' && pair.nominated && pair.currentRoundTripTime !== undefined)
            ms = pair.currentRoundTripTime * 1000;
    });
    return ms;
}

/** Fills `table` and the element `rtt` until the returned function is called. */
export function showStats(pc, table, rtt) {
    let before;
    const body = table.tBodies[0];
    const refresh = async () => {
        const report = await pc.getStats();
        const ms = roundTrip(report);
        rtt.textContent = ms === undefined ? '' : `round trip ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
        body.replaceChildren(...rows(report, before).map((row) => {
            const line = document.createElement('tr');
            Object.values(row).forEach((value, i) => {
                const cell = document.createElement(i === 0 ? 'th' : 'td');
                if (i === 0) cell.scope = 'row';
                cell.textContent = value;
                line.append(cell);
            });
            return line;
        }));
        before = report;
    };
    const timer = setInterval(refresh, 1000);
    return () => {
        clearInterval(timer);
        body.replaceChildren();
        rtt.textContent = '';
    };
}
