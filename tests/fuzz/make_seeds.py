#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Rivero authors
# SPDX-License-Identifier: Apache-2.0
"""make_seeds.py OUT: writes the seeds of all fuzz targets, OUT/<target>/<file>, afresh."""
import pathlib
import shutil
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent / "data"
CODECS = ["vp8", "vp9", "h264", "h265", "av1", "opus"]  # the first byte of the codec targets


def records(path):
    """Frames or packets, each behind its length: 32 bits in .frames, 16 bits in .rtp."""
    data, at, form = path.read_bytes(), 0, ">I" if path.suffix == ".frames" else ">H"
    while at < len(data):
        (size,) = struct.unpack_from(form, data, at)
        at += struct.calcsize(form)
        yield data[at:at + size]
        at += size


def rtp_packets(codec):
    path = DATA / "codec" / f"{codec}.rtp"
    return list(records(path)) if path.exists() else []


def frames(codec):
    path = DATA / "codec" / f"{codec}.frames"
    return list(records(path)) if path.exists() else []


def payloads(codec):
    return [packet[12:] for packet in rtp_packets(codec)]


def chunk(flags, data):
    """Flags and length as one byte each: the form of the targets that take packets."""
    return bytes([flags, len(data)]) + data


def codec_inspect():
    for number, codec in enumerate(CODECS):
        for payload in payloads(codec)[:6]:
            yield bytes([number]) + payload
    yield bytes([4]) + bytes.fromhex("10 0a 0b 00 00 00 2c d5 9f 3f dd af 99 01 04 32 05 10 00 00 00 00")
    yield bytes([5, 0x78]) + bytes(40)


def codec_depacketizer():
    for number, codec in enumerate(CODECS):
        packets = rtp_packets(codec)[:12]
        if packets:
            yield bytes([number]) + b"".join(
                chunk((4 if p[1] & 0x80 else 0) | (2 if i and p[4:8] != packets[i - 1][4:8] else 0), p[12:])
                for i, p in enumerate(packets))
    yield bytes([4]) + chunk(4, bytes.fromhex("18 0a 0b 00 00 00 2c d5 9f 3f dd af 99 01"))
    yield bytes([5]) + chunk(4, bytes([0x78]) + bytes(40)) * 3


def dependency_descriptor():
    # Of Chromium: three layers of each kind, and time layers alone.
    structures = [
        "c10001c0081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926e082b04a"
        "0941b820ac1282503157f974000ca864330e222222eca8655304224230eca87753013f00b3027f016704ff02cf1f80",
        "800001800214eaa860414d1410208427013f00b3"]
    yield pieces(*(bytes.fromhex(d) for d in (structures[0], "c60002", "c300055ffd10080404", "85000c12e800", "45000c12e800")))
    yield pieces(*(bytes.fromhex(d) for d in (structures[1], "400001", "c30003", "c20004", "c40005", "c10006", structures[0])))


def sdp():
    for path in sorted((DATA / "sdp").glob("*.sdp")):
        yield "".join(line for line in path.read_text().splitlines(True) if not line.startswith("#")).encode()


def pieces(*data):
    return b"".join(bytes([len(d)]) + d for d in data)


def long_piece(data):
    return struct.pack(">H", len(data)) + data


def codec_round_trip():
    for number, codec in enumerate(CODECS[:5]):
        for size in (0, 30):
            sent = [f for f in frames(codec) if len(f) < 1500][:3]
            yield bytes([number, size]) + b"".join(bytes([i == 0]) + long_piece(f) for i, f in enumerate(sent))
    yield bytes([5, 10]) + (b"\1" + long_piece(bytes([0x78]) + bytes(60))) * 2
    yield bytes([6, 10]) + b"\1" + long_piece(bytes(400))


def recorder():
    video = {"vp8": 0, "vp9": 1, "h264": 2, "h265": 3, "av1": 4}
    for mp4 in (0, 1):
        for codec, number in video.items():
            sent = [f for f in frames(codec) if len(f) < 1500][:4]
            media = b"".join(bytes([(2 if i == 0 else 0) | 16]) + struct.pack(">H", 66) + long_piece(f) +
                             bytes([1, 0, 20]) + long_piece(bytes([0x78]) + bytes(20)) for i, f in enumerate(sent))
            yield bytes([mp4 | number << 2, 0, 0]) + media
            yield bytes([mp4 | number << 2 | 2 << 5, 0, 40]) + media


def rtp():
    for codec in CODECS:
        for packet in rtp_packets(codec)[:2]:
            yield b"\0" + packet[:80]
    head = bytes.fromhex("90 e0 1234 00005678 11223344")
    one_byte = bytes.fromhex("bede 0004 10 30 22 0102 03 41 0201 50 85 00 00 00 00 00")
    yield b"\0" + head + one_byte + bytes(20)
    yield b"\1" + head + bytes.fromhex("1000 0003 01 01 30 02 02 6869 05 02 0001 00 00") + bytes(20)
    yield b"\0" + bytes.fromhex("b2 60 0001 00000001 00000002 0000000a 0000000b bede 0001 10 31 00 00") + b"media\0\0\3"


def rtp_stream():
    yield b"".join(bytes([0x18]) + pieces(bytes([i % 8]) + bytes(20)) + bytes([5, 20]) for i in range(30))
    yield b"".join(bytes([0xf8]) + pieces(*[bytes([1, n]) * 9 for n in range(8)]) + bytes([3, 5, 5, 40]) for _ in range(8))
    late = bytes([0x0a]) + struct.pack(">HI", 0xfffd, 0) + pieces(b"late")
    yield (b"\x18" + pieces(b"\0a") + b"\3\2" + b"\x18" + pieces(b"b") + b"\5\x30" + late + b"\5\x10") * 5
    yield b"\x18" + pieces(b"\0a") + b"\4" + struct.pack(">QI", 0xe000000000000000, 5) + b"\6\x18" + pieces(b"\0a") + b"\7"


def red():
    one = bytes.fromhex("ef 0f00 03 6f 780be4 7807")
    two = bytes.fromhex("ef 1e00 02 ef 0f00 01 6f aabb cc ddee")
    yield bytes([1]) + pieces(bytes.fromhex("6f 780be4c1")) + bytes([1]) + pieces(one) + bytes([3]) + pieces(two)
    yield bytes([1]) + pieces(two) + bytes([0]) + pieces(two) + bytes([255]) + pieces(one)
    yield bytes([1]) + pieces(bytes.fromhex("80 0280 04 05 01020304 0506")) + bytes([1]) + pieces(bytes.fromhex("ef fffc00 6f 01"))


def congestion():
    sent = bytes([1, 20])
    # Of the last 16, which came in steps of 5 ms, after a while that is in feedback's own clock.
    told = bytes([2]) + struct.pack(">HBBI", 15, 1, 16, 100) + bytes([16]) + b"".join(struct.pack(">hB", 20, 0) for _ in range(16))
    yield (sent + told + bytes([4])) * 10
    yield (sent + told + bytes([3]) + struct.pack(">I", 200) + bytes([0, 0, 200])) * 5
    yield b"".join(bytes([5]) + struct.pack(">I", n << 12) + bytes([100, 0, 0, 16]) for n in range(40))
    yield b"".join(bytes([6]) + struct.pack(">H", 0xfff0 + n & 0xffff) + bytes([0, 0, 10]) for n in range(40)) + bytes([7])


def rtcp():
    sr = "80c80006 11111111 e000000080000000 00001000 00000010 00001000"
    block = "22222222 05000003 00010005 00000100 12345678 00001000"
    yield bytes.fromhex(sr)
    yield bytes.fromhex("81c8000c" + sr[8:] + block)
    yield bytes.fromhex("81c90007 11111111" + block)
    yield bytes.fromhex("81ca0006 11111111 0109 636e616d6540686f73 00 0000 00000000 00000000")
    yield bytes.fromhex("81ca0003 11111111 01 04 61626364 00 00")
    yield bytes.fromhex("81cb0003 11111111 05 6c65617665 0000")
    yield bytes.fromhex("81cd0003 11111111 22222222 00050005")
    yield bytes.fromhex("81ce0002 11111111 22222222")
    yield bytes.fromhex("84ce0004 11111111 00000000 22222222 07000000")
    yield bytes.fromhex("8fce0005 11111111 00000000 52454d42 0107a120 22222222")
    yield bytes.fromhex("8fcd0006 11111111 22222222 0001 0008 000001 00 2005 d240 01 0203 04 05 06 07 00")
    yield bytes.fromhex("8fcd0005 11111111 22222222 0001 0003 fffffe 07 2003 01 02 03 00")
    yield bytes.fromhex(sr + "81ca0003 11111111 01 04 61626364 00 00" + "81cd0003 11111111 22222222 00050005")


def srtp():
    packet = bytes.fromhex("8060 0001 00000001 00000001") + bytes(20)
    compound = bytes.fromhex("80c90001 11111111")
    for profile in range(3):
        yield bytes([profile]) + b"".join(bytes([0]) + pieces(packet[:3] + bytes([n]) + packet[4:]) for n in range(4))
        yield bytes([profile]) + bytes([1]) + pieces(compound) + bytes([4]) + pieces(packet) + b"\0\5\1" + bytes([2]) + pieces(packet)


def dtls():
    # Who gets the next datagram: 0 the client, 1 the server.
    yield bytes([0]) + bytes([1, 0, 1, 0, 1, 0] * 6)
    yield bytes([2]) + bytes([1, 0] * 8 + [12, 13])
    yield bytes([1]) + bytes([1, 0] * 10)
    yield bytes([4]) + bytes([15]) + pieces(bytes.fromhex("16 feff 0000 000000000000 0010 01 000004 0000 000000 000004 fefd 0000"))
    yield bytes([0]) + bytes([15]) + pieces(bytes.fromhex("80 60 0001 00000001 00000001") + bytes(20)) + bytes([1, 0] * 6)


def candidate():
    yield b"candidate:1 1 UDP 2130706431 192.0.2.1 50000 typ host"
    yield b"candidate:842163049 1 udp 1677729535 203.0.113.9 46154 typ srflx raddr 10.0.0.1 rport 46154 generation 0 ufrag Ab+/ network-id 1"
    yield b"a=candidate:2 1 TCP 1518280447 2001:db8::1 9 typ host tcptype active"
    yield b"candidate:3 2 tcp 1 0a1b2c3d-1111-2222-3333-444455556666.local 443 typ relay raddr :: rport 0 tcptype so"
    yield b"sha-256 " + b":".join(b"%02X" % n for n in range(32))
    yield b"sha-512 " + b":".join(b"%02x" % n for n in range(64))


def http():
    for target in (b"/", b"/demo/index.html?x=1", b"/recordings/a%20b.webm", b"/../x", b"/%2e%2e/x"):
        yield (pieces(target) + struct.pack(">QB", 1000, 0) + pieces(b"bytes=10-20", b'W/"1", "2"'))
    yield pieces(b"/a") + struct.pack(">QB", 1 << 40, 3) + pieces(b"bytes=-5", b"*")


def origin():
    hosts = (b"localhost:8888", b"127.0.0.1:8888", b"[::1]:8888", b"media.example.org", b"tls.example.org:8433", b"evil.example:8888")
    for host in hosts:
        for scheme in (b"http://", b"https://"):
            yield pieces(scheme + host, host, b"Bearer a-token-of-the-settings")
    yield pieces(b"null", b"", b"")
    yield pieces(b"https://app.example.org", b"h:8888", b"")


def config():
    yield b"\0" + (HERE.parent.parent / "config" / "rivero.json").read_bytes()[:2000]
    yield b'\0{"rtc": {"minPort": 40000, "maxPort": 40100, "networkInterfaces": ["lo"]}, "metadata": {"a": [1, null]}}'
    yield b"\1--listen\n127.0.0.1:0\n--hosts=2\n--set\nrtc.minPort=5\n--modules\na:b\nRIVERO_RTC_MAX_PORT=70\nRIVERO_METADATA={}"
    yield b"\1--set\nlimits.messageBytes=5000\n--listen=[::1]:80\n--log\ninfo,rtp=debug\n--check-config"


def json_lines(*documents):
    return "\n".join(documents).encode()


def jsonrpc():
    yield b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"interval":240000}}'
    yield b'{"jsonrpc":"2.0","id":"a","result":{"value":[1,2.5,null,true,"\\u00e9"]}}'
    yield b'{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"x","data":{"type":"Y"}}}'
    yield b'// comment\n{"jsonrpc":"2.0","method":"onEvent","params":[/* */]}'
    text = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
    yield struct.pack(">I", len(text)) + text + struct.pack(">I", 2) + b"{}"


def arguments():
    yield b'{"v":{"x":1,"label":"a","colours":["RED"]}}'
    yield b'{"x":1,"label":null,"colours":["RED","GREEN"],"__type__":"Point","__module__":"kurento"}'
    yield b'{"points":[{"x":1,"colours":[]}],"named":{"a":{"x":2,"colours":["RED"]}},"width":0.04}'
    yield b'{"n":5,"line":{"points":[],"named":{}}}'
    yield b'{"a":"x","b":2,"c":true,"d":"RED"}'
    for value in (b'"m"', b'["m","m"]', b"[[1,2],[3]]", b'{"a":[1.5,2e300]}', b"9007199254740993", b"null", b"true",
                  b"-2147483648", b"18446744073709551615", b'"RED"', b'"newref:0"'):
        yield value


def gateway():
    def ask(client, number, method, params):
        return f'{client} {{"jsonrpc":"2.0","id":{number},"method":"{method}","params":{params}}}'
    pipeline = ask(0, 1, "create", '{"type":"MediaPipeline"}')
    element = ask(0, 2, "create", '{"type":"PassThrough","constructorParams":{"mediaPipeline":"$0"}}')
    yield json_lines(pipeline, element, ask(0, 3, "invoke", '{"object":"$2","operation":"connect","operationParams":{"sink":"$0"}}'),
                     ask(1, 4, "ref", '{"object":"$0"}'), "c 0", ask(1, 5, "release", '{"object":"$0"}'))
    yield json_lines(pipeline, ask(0, 2, "subscribe", '{"object":"$0","type":"Error"}'),
                     'h {"jsonrpc":"2.0","method":"onEvent","params":{"value":{"object":"$0","type":"Error","data":{"a":1}}}}',
                     ask(0, 3, "unsubscribe", '{"object":"$0","subscription":"$2"}'), "x", ask(0, 4, "describe", '{"object":"$0"}'))
    yield json_lines(ask(0, 1, "transaction", '{"operations":['
        '{"jsonrpc":"2.0","id":0,"method":"create","params":{"type":"MediaPipeline"}},'
        '{"jsonrpc":"2.0","id":1,"method":"create","params":{"type":"PassThrough","constructorParams":{"mediaPipeline":"newref:0"}}},'
        '{"jsonrpc":"2.0","id":2,"method":"invoke","params":{"object":"newref:1","operation":"fail"}}]}'), "t", "t", "t")
    yield json_lines(ask(0, 1, "connect", "{}"), ask(0, 2, "ping", '{"interval":1}'), ask(1, 3, "connect", '{"sessionId":"$0"}'),
                     ask(1, 4, "keepAlive", '{"sessionId":"$0"}'), "t", "t", ask(2, 5, "closeSession", '{"sessionId":"$0"}'))
    yield json_lines(*(ask(0, n, "invoke", f'{{"object":"manager_ServerManager","operation":"{name}","operationParams":{{"moduleName":"core"}}}}')
                       for n, name in enumerate(["getInfo", "getPipelines", "getSessions", "getMetadata", "getKmd", "getUsedCpu", "addTag"])))


def stun():
    # RFC 5769 sections 2.1 and 2.2: a request and a response, with password and all.
    request = bytes.fromhex(
        "0001 0058 2112a442 b7e7a701bc34d686fa87dfae 8022 0010 5354554e207465737420636c69656e74"
        "0024 0004 6e0001ff 8029 0008 932ff9b151263b36 0006 0009 6576746a3a68367659202020"
        "0008 0014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 8028 0004 e57a3bcf")
    response = bytes.fromhex(
        "0101 003c 2112a442 b7e7a701bc34d686fa87dfae 8022 000b 7465737420766563746f7220"
        "0020 0008 0001a147e112a643 0008 0014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 8028 0004 c07d4c96")
    for message in (request, response):
        yield bytes([0]) + message
        yield bytes([1]) + pieces(struct.pack(">H", len(message)) + message, b"\x00", b"\x04\x00\x00\x00\x00")
    yield bytes([2, 0]) + bytes(12) + pieces(b"ours:theirs") + bytes([1, 0xff]) + bytes(40)
    yield bytes([2, 2]) + bytes(12) + pieces(b"") + bytes([0, 0x30]) + bytes(40)


def client_hello():
    def message(body, number=0, offset=0, length=None):
        """One record in clear with one fragment of a ClientHello."""
        piece = (b"\1" + struct.pack(">I", length if length is not None else len(body))[1:] + struct.pack(">H", number) +
                 struct.pack(">I", offset)[1:] + struct.pack(">I", len(body))[1:] + body)
        record = bytes.fromhex("16fefd 0000 000000000000") + struct.pack(">H", len(piece)) + piece
        return struct.pack(">H", len(record)) + record

    def hello(random, cookie=b""):
        return b"\xfe\xfd" + bytes([random]) * 32 + b"\0" + bytes([len(cookie)]) + cookie + bytes.fromhex("0002c02b 0100")

    ours = bytes(range(1, 17))
    yield b"\0" + message(hello(1)) + b"\0" + message(hello(2)) + b"\0" + message(hello(2, ours), 1) + b"\1" + message(hello(2, ours), 1)
    yield b"\1" + message(hello(1)) + b"".join(b"\4" + message(hello(n, ours), 1) for n in range(2, 20))
    yield b"\0" + message(b"late" * 20, 0, 100, 500) + b"\0" + message(hello(1) + bytes(60), 0, 0, 500) + b"\0" + message(b"late" * 20, 0, 100, 500)


def framing():
    whole = b"".join(struct.pack(">H", n) + bytes(n) for n in (1, 0, 200, 3))
    yield pieces(whole[:1], whole[1:4], whole[4:])
    yield pieces(b"\x08\x00", b"\x80", b"\x10")
    yield pieces(b"\x08\x01")


def ice_agent():
    # Set-up, then steps: what, and from which address. See the target.
    connect = bytes([0, 3, 1, 3, 2, 3, 0xff, 0xff, 5, 3, 11, 3])
    yield bytes([0]) + connect + bytes([2 + 0x24, 4, 0xff, 0xff, 5, 4, 14 + 12, 4, 5, 4, 5, 3])
    yield bytes([1]) + connect + bytes([8, 3, 0, 3, 24 + 11, 3, 5, 3])
    yield bytes([16]) + connect + bytes([9, 3]) + connect + bytes([9, 5]) + connect
    yield bytes([4]) + bytes([0, 0]) + bytes([2, 1, 1, 1, 5, 1] * 3) + bytes([2, 11, 0, 0, 5, 11, 8, 11])
    yield bytes([0, 0, 0]) + b"".join(bytes([2, i, i, i]) for i in range(24)) + bytes([22, 0] * 20)
    yield bytes([0, 0, 0, 6, 2]) + pieces(bytes.fromhex("0001 0000 2112a442") + bytes(12))


TARGETS = [arguments, candidate, client_hello, codec_depacketizer, codec_inspect, codec_round_trip, config, congestion, dependency_descriptor,
           dtls, framing, gateway, http, ice_agent, jsonrpc, origin, recorder, red, rtcp, rtp, rtp_stream, sdp, srtp, stun]


def main():
    out = pathlib.Path(sys.argv[1])
    shutil.rmtree(out, ignore_errors=True)
    for make in TARGETS:
        folder = out / make.__name__
        folder.mkdir(parents=True)
        for number, seed in enumerate(make()):
            (folder / f"seed-{number:02}").write_bytes(seed)
    # Regressions of targets, and what was written by hand.
    for source in (HERE / "corpus").glob("*/*"):
        (out / source.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(source, out / source.parent.name)


if __name__ == "__main__":
    main()
